"""Which account a link to a profile names; links to posts, groups and searches name none."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

_NAME: Final = r"[\w.\-]{2,100}"


class _Site(NamedTuple):
    """path: of a profile, its group the name. taken: first words of paths that are no names."""

    platform: str
    path: re.Pattern[str]
    taken: frozenset[str] = frozenset()


def _site(platform: str, path: str, taken: str = "") -> _Site:
    return _Site(platform, re.compile(path.replace("NAME", f"({_NAME})")), frozenset(taken.split()))


_META: Final = (
    "groups events pages watch story.php permalink.php photo photo.php sharer share login hashtag"
    " marketplace reel reels gaming help policies l.php people media profile.php"
)
_X: Final = _site("x", r"/NAME/?", "home search intent share hashtag i explore login messages")
_FACEBOOK: Final = _site("facebook", r"/(?:people/[^/]+/(?=\d)|pg/)?NAME/?", _META)
_TELEGRAM: Final = _site(
    "telegram",
    r"/(?:s/)?(?!\d+/?$)NAME/?",
    "joinchat addstickers share proxy iv setlanguage c addlist",
)
_SITES: Final[dict[str, _Site]] = {
    "x.com": _X,
    "twitter.com": _X,
    "facebook.com": _FACEBOOK,
    "fb.com": _FACEBOOK,
    "instagram.com": _site("instagram", r"/NAME/?", "p reel reels explore stories tv accounts"),
    "threads.net": _site("threads", r"/@NAME/?"),
    "threads.com": _site("threads", r"/@NAME/?"),
    "t.me": _TELEGRAM,
    "telegram.me": _TELEGRAM,
    "tiktok.com": _site("tiktok", r"/@NAME/?"),
    "youtube.com": _site("youtube", r"/(?:@|c/|user/|channel/)NAME/?"),
    "linkedin.com": _site("linkedin", r"/(?:in|company)/NAME/?"),
    "reddit.com": _site("reddit", r"/(?:user|u)/NAME/?"),
    "medium.com": _site("medium", r"/@NAME/?"),
    "pinterest.com": _site("pinterest", r"/NAME/?", "pin search ideas explore"),
    "vk.com": _site("vk", r"/NAME/?", "feed video music im login search wall away.php"),
    "ok.ru": _site("ok", r"/profile/NAME/?"),
    "github.com": _site(
        "github", r"/NAME/?", "orgs topics search login about features marketplace"
    ),
    "bsky.app": _site("bluesky", r"/profile/NAME/?"),
    "gab.com": _site("gab", r"/NAME/?", "groups explore auth"),
    "truthsocial.com": _site("truthsocial", r"/@NAME/?"),
    "tumblr.com": _site("tumblr", r"/(?:blog/)?NAME/?", "dashboard explore search login tagged"),
    "quora.com": _site("quora", r"/profile/NAME/?"),
}
_PREFIXES: Final = re.compile(r"(?:www|m|mobile|web|mbasic|[a-z]{2}-[a-z]{2}|old|new)\.")


def account_of(url: str) -> str:
    """`platform:name` of the account that a canonical URL is the profile of; else empty.

    Names are folded to lower case: the sites compare them so.
    """
    parts = urlsplit(url)
    site = _SITES.get(_PREFIXES.sub("", parts.hostname or "", count=1))
    if site is None:
        return ""
    if site.platform == "facebook" and parts.path.rstrip("/") == "/profile.php":
        number = parse_qs(parts.query).get("id", [""])[0]
        return f"facebook:{number}" if number.isascii() and number.isdecimal() else ""
    found = site.path.fullmatch(parts.path)
    if found is None or found[1].lower() in site.taken:
        return ""
    return f"{site.platform}:{found[1].lower()}"
