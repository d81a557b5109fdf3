"""Ways into a private chat that adverts give away, in one form for all their spellings."""

from __future__ import annotations

import re
from functools import lru_cache

from detectors import normalise

HANDLE, PHONE = "handle", "phone"
MESSENGER_HOSTS = frozenset(
    {
        "discord.com",
        "discord.gg",
        "discordapp.com",
        "ig.me",
        "lin.ee",
        "line.me",
        "m.me",
        "t.me",
        "telegram.dog",
        "telegram.me",
        "wa.me",
        "whatsapp.com",
    }
)
"""Registrable domains that lead to somebody; never a landing site of their own."""
NUMBER_PLATFORMS = frozenset({"signal", "viber", "whatsapp"})
"""Where accounts are telephone numbers."""

# What follows `https://`, and what the value becomes: a handle, a number, an invite of that form.
_CHANNELS = tuple(
    (re.compile(pattern, re.ASCII), form)
    for pattern, form in (
        (r"(?:t\.me|telegram\.(?:me|dog))/(?:\+|joinchat/)([\w-]{6,64})", "t.me/+"),
        (r"(?:t\.me|telegram\.(?:me|dog))/(?:s/)?([A-Za-z]\w{3,31})(?![\w.-])", HANDLE),
        (r"wa\.me/\+?(\d{8,15})(?!\d)", PHONE),
        (r"api\.whatsapp\.com/send/?\?(?:[^#]{0,200}&)?phone=(?:%2B|\+)?(\d{8,15})(?!\d)", PHONE),
        (r"wa\.me/message/(\w{6,64})", "wa.me/message/"),
        (r"chat\.whatsapp\.com/(?:invite/)?(\w{10,64})", "chat.whatsapp.com/"),
        (r"line\.me/(?:R/)?ti/p/(?:~|%7E)([\w.-]{2,64})", HANDLE),
        (r"line\.me/(?:R/)?ti/[gp]2?/(?:@|%40)?([\w-]{4,64})", "line.me/"),
        (r"lin\.ee/(\w{4,64})", "lin.ee/"),
        (r"discord(?:\.gg|(?:app)?\.com/invite)/([\w-]{2,64})", "discord.gg/"),
        (r"(?:m\.me|ig\.me/m)/([\w.]{3,64})", HANDLE),
    )
)
# A bare `@name` says where it lives only beside the name of a messenger.
_MESSENGER_WORD = re.compile(
    r"\b(?:telegram|tg|whats ?app|line|signal|discord|we ?chat|weixin|viber|zalo|kakao(?:talk)?"
    r"|snap(?:chat)?|skype|messenger|instagram)\b"
)
_LOOKED_AT = 2_000
_LONGEST_ACTOR = 32
_NUMBER = re.compile(r"\+?(\d{8,15})", re.ASCII)


@lru_cache(maxsize=16_384)
def place_of(url: str) -> tuple[str, str]:
    """Where a canonical link leads: ("contact" or "site", value), or two empty texts."""
    bare = url.partition("://")[2].removeprefix("www.")
    domain = normalise.registrable_domain(normalise.host_of(url)) or ""
    if domain not in MESSENGER_HOSTS:
        return ("site", domain) if domain else ("", "")
    for pattern, form in _CHANNELS:
        if found := pattern.match(bare):
            value = _formed(form, found[1])
            return ("contact", value) if value else ("", "")
    return ("", "")


def names_messenger(match_text: str) -> bool:
    """Whether a folded text speaks of a messenger; its beginning is looked at."""
    return _MESSENGER_WORD.search(match_text[:_LOOKED_AT]) is not None


@lru_cache(maxsize=16_384)
def own_name(platform: str, actor: str) -> str:
    """The contact under which an account is reached, when its id is one; else empty."""
    if platform in NUMBER_PLATFORMS:
        number = _NUMBER.fullmatch(actor)
        return f"+{number[1]}" if number else ""
    if len(actor) > _LONGEST_ACTOR or actor.isdigit():
        return ""
    return normalise.canonical_handle(actor) or ""


@lru_cache(maxsize=16_384)
def own_site(actor: str) -> str:
    """The registrable domain of an account that is a site; else empty."""
    return normalise.registrable_domain(actor) or ""


def _formed(form: str, value: str) -> str:
    if form == HANDLE:
        return normalise.canonical_handle(value) or ""
    return f"+{value}" if form == PHONE else f"{form}{value}"
