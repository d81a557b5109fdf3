"""What of a URL may leave: its place, not whom it was sent to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

_MAIL: Final = re.compile(r"[^\s/@?&=]+@[^\s/@?&=]+\.\w+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}|\d{5,}")
_DEEPEST: Final = 5
"""How often a value can be encoded within a redirect within a redirect."""


def shorter_url(url: str) -> str:
    """`url` without what may say who it was sent to: a user name, a fragment, telling values.

    Empty for what is no URL.
    """
    parts = _parts(url)
    host = parts.netloc.rpartition("@")[2]
    if _MAIL.search(decoded(parts.path)):
        return urlunsplit((parts.scheme, host, "/", "", ""))
    query = "&".join(map(_without_value, parts.query.split("&"))) if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def cut_out(url: str) -> Iterator[str]:
    """The telling parts of a URL, decoded."""
    parts = _parts(url)
    if _telling(fragment := decoded(parts.fragment)):
        yield fragment
    yield from (match[0] for match in _MAIL.finditer(decoded(parts.path)))
    for pair in parts.query.split("&"):
        name, is_pair, value = pair.partition("=")
        told = decoded(value if is_pair else name)
        if _telling(told):
            yield told


def decoded(text: str) -> str:
    """`text` with percent signs undone, as often as it was encoded."""
    for _ in range(_DEEPEST):
        plain = unquote(text)
        if plain == text:
            break
        text = plain
    return text


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _without_value(pair: str) -> str:
    name, is_pair, value = pair.partition("=")
    told = decoded(value if is_pair else name)
    if not _telling(told):
        return pair
    return f"{name}=" if is_pair else ""


def _telling(text: str) -> bool:
    return bool(_MAIL.search(text) or _TOKEN.search(text))
