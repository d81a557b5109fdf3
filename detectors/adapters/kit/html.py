"""Markup to text and links in one pass, in linear time; for reading, never for showing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

MAX_TAG: Final = 8_000
MAX_LINKS: Final = 1_000
BREAKS: Final = frozenset(
    {"br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "blockquote", "hr"}
)
LINKED: Final = frozenset({"href", "src", "action"})
SILENT: Final = {
    name: re.compile(rf"</{name}", re.IGNORECASE | re.ASCII)
    for name in ("script", "style", "title", "template")
}
"""Elements whose content nobody reads, and how they end."""

_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*+)")
# A quote that is never closed ends with the tag, so that no character is looked at twice.
_ATTRIBUTE = re.compile(
    r"(?<![a-zA-Z])([a-zA-Z]++)\s{0,9}+=\s{0,9}+"
    r"(?:\"([^\"]*)(?:\"|\Z)|'([^']*)(?:'|\Z)|([^\s\"'>]++))"
)
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def text_of(markup: str) -> tuple[str, list[str]]:
    """What a reader sees, and the links in the order they stand."""
    pieces: list[str] = []
    links: dict[str, None] = {}
    for is_tag, piece in tokens(markup):
        if not is_tag:
            pieces.append(piece)
            continue
        if named(piece) in BREAKS:
            pieces.append("\n")
        if len(links) < MAX_LINKS:
            links |= dict.fromkeys(_links(piece))
    text = _SPACES.sub(" ", unescaped("".join(pieces)))
    return _LINES.sub("\n", text).strip(), [link for link in links if link]


def unescaped(text: str) -> str:
    """Character references resolved; those beyond any character become U+FFFD."""
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


def tokens(markup: str) -> Iterator[tuple[bool, str]]:
    """(True, inside of a tag) or (False, text between tags)."""
    place = 0
    while (start := markup.find("<", place)) >= 0:
        yield False, markup[place:start]
        if markup.startswith("<!--", start):
            place = _behind(markup, "-->", start + 4)
        elif not _opens(markup[start + 1 : start + 2]):
            yield False, "<"
            place = start + 1
        else:
            place = _behind(markup, ">", start)
            tag = markup[start + 1 : place].removesuffix(">")[:MAX_TAG]
            yield True, tag
            if (end := SILENT.get(named(tag))) and not tag.startswith("/"):
                closing = end.search(markup, place)
                place = closing.start() if closing else len(markup)
    yield False, markup[place:]


def _opens(char: str) -> bool:
    return char.isalpha() or (char != "" and char in "/!?")


def named(tag: str) -> str:
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


def _behind(text: str, sign: str, start: int) -> int:
    """The place behind the next `sign`; the end when there is none."""
    found = text.find(sign, start)
    return len(text) if found < 0 else found + len(sign)


def _links(tag: str) -> Iterator[str]:
    for found in _ATTRIBUTE.finditer(tag):
        if found[1].lower() in LINKED:
            yield unescaped(found[2] or found[3] or found[4] or "").strip()
