"""The part of an address that a phishing kit brings along: its path without what varies."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from detectors.lookalike.hosting import holds_paths
from detectors.lookalike.letters import surprise
from detectors.lookalike.words import PATH, words

MAX_SKELETON: Final = 200
MAX_SEGMENTS: Final = 12
MAX_NAMES: Final = 8
MIN_SEGMENTS: Final = 2
ODD_BITS: Final = 5.0
_CACHED: Final = 8_192
# Segments that thousands of honest sites have; a kit is known by another one.
_COMMON: Final = PATH | words(
    """
    admin ajax api app assets blog category cgi-bin checkout content css de detail en es files fr
    home html images img includes index item js logout mail main member members news node p page
    pages plugins post posts product products profile public register s search shop signup site
    sites static store tag templates themes topic upload uploads us user users v1 v2 view watch
    web wp-admin wp-content wp-includes wp-json wp-login www
    """
)
_ENDING: Final = re.compile(r"\.[a-z0-9]{2,5}$")
_NUMBERS: Final = re.compile(r"[0-9]+")
_RANDOM: Final = re.compile(r"[0-9a-f-]{12,}|(?=.*[0-9])[a-z0-9]{16,}")
_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}|[0-9]{1,2}")


@lru_cache(maxsize=_CACHED)
def kit_of(url: str) -> str:
    """Path and parameter names of a canonical URL as all copies of a kit share them, or "".

    Numbers are `0`, random names `*`, values are left out: `/w/x/verify.php?id=`. Empty where every
    site could have the path: common segments only, an article by its date, a single page; and where
    the path belongs to the host.
    """
    parts = urlsplit(url)
    if holds_paths(parts.hostname or ""):
        return ""
    segments = [one for one in parts.path.lower().split("/") if one][: MAX_SEGMENTS + 1]
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&") if pair})
    if len(segments) > MAX_SEGMENTS or not _is_telling(segments, names):
        return ""
    path = "/" + "/".join(_skeleton(one) for one in segments)
    query = "?" + "&".join(f"{_skeleton(name)}=" for name in names[:MAX_NAMES]) if names else ""
    found = path + query
    return found if len(found) <= MAX_SKELETON else ""


def _is_telling(segments: list[str], names: list[str]) -> bool:
    """Whether the path is long enough and has a segment of its own that does not vary."""
    program = bool(segments) and _ENDING.search(segments[-1]) is not None
    if len(segments) < MIN_SEGMENTS and not (program and names):
        return False
    if sum(1 for one in segments if _DATE.fullmatch(one)) >= MIN_SEGMENTS:
        return False
    return any(
        _ENDING.sub("", one) not in _COMMON and _skeleton(one).strip("0*") for one in segments
    )


def _skeleton(segment: str) -> str:
    """What does not vary in a segment; its ending stays."""
    found = _ENDING.search(segment)
    ending = found[0] if found else ""
    stem = segment.removesuffix(ending) if ending else segment
    if _RANDOM.fullmatch(stem) or surprise(stem) > ODD_BITS:
        return f"*{ending}"
    return _NUMBERS.sub("0", stem) + ending
