"""Markdown: pipe tables among headings and text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from detectors.intel.grid import MAX_CELLS, MAX_HEADING, Grid

# Blanks belong to one part each, so that a long line of them is looked at once.
_RULE: Final = re.compile(r"[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?")
_UNDERLINE: Final = re.compile(r"[ ]{0,3}(?:=+|-+)[ \t]*")
_HEADING: Final = re.compile(r"[ ]{0,3}#{1,6}[ \t]+(.*)")
_PIPE: Final = re.compile(r"(?<!\\)\|")
_LINK: Final = re.compile(
    r"!?\[([^\[\]]{0,2000})\]\(\s*<?([^()\s<>]{1,2000})>?(?:\s+\"[^\"]*\")?\s*\)"
)
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_AUTO: Final = re.compile(r"<((?:h\w\w?ps?|mailto)[^<>\s]{1,2000})>", re.IGNORECASE)
_DOT: Final = re.compile(r"[.\]]")


def has_table(text: str) -> bool:
    """Whether a pipe table with its rule, or rows between outer pipes, stand in the text."""
    lines = text.splitlines()
    return any(_begins(lines, place) for place in range(len(lines)))


def grids(text: str) -> Iterator[Grid]:
    """Tables and the lines between them, in order, each under the heading above it."""
    lines = text.splitlines()
    heading, prose, place = "", list[str](), 0
    while place < len(lines):
        said = _heading_at(lines, place)
        if said is not None:
            yield from _prose(prose, heading)
            heading, prose = said[0][:MAX_HEADING], []
            place += said[1]
        elif _begins(lines, place):
            yield from _prose(prose, heading)
            prose = []
            ruled = _RULE.fullmatch(lines[place + 1]) is not None
            rows, place = _table(lines, place)
            yield Grid("markdown", rows, heading, is_headed=ruled)
        else:
            prose.append(lines[place])
            place += 1
    yield from _prose(prose, heading)


def plain(cell: str) -> str:
    """A cell without Markdown; of a link its text where that is an address, else its target too."""
    text = _BREAK.sub("\n", cell.replace("\\|", "|")).replace("`", "")
    text = _AUTO.sub(r"\1", _LINK.sub(_linked, text))
    return text.strip().strip("*").strip()


def _linked(match: re.Match[str]) -> str:
    return match[1] if _DOT.search(match[1]) else f"{match[1]} {match[2]}".strip()


def _begins(lines: Sequence[str], place: int) -> bool:
    line = lines[place]
    if "|" not in line or place + 1 >= len(lines):
        return False
    below = lines[place + 1]
    if _RULE.fullmatch(below) and ("|" in below or line.strip().startswith("|")):
        return True
    return all(one.strip().startswith("|") and one.strip().endswith("|") for one in (line, below))


def _table(lines: Sequence[str], place: int) -> tuple[list[list[str]], int]:
    rows: list[list[str]] = []
    while place < len(lines) and "|" in lines[place]:
        if not _RULE.fullmatch(lines[place]):
            rows.append(_cells(lines[place]))
        place += 1
    return rows, place


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [plain(cell) for cell in _PIPE.split(inner)][:MAX_CELLS]


def _heading_at(lines: Sequence[str], place: int) -> tuple[str, int] | None:
    """Words of a heading that begins here, and how many lines it takes."""
    found = _HEADING.fullmatch(lines[place])
    if found:
        return plain(found[1].rstrip(" \t").rstrip("#").rstrip(" \t")), 1
    below = lines[place + 1] if place + 1 < len(lines) else ""
    said = lines[place].strip()
    if said and "|" not in said and _UNDERLINE.fullmatch(below):
        return plain(said), 2
    return None


def _prose(lines: Sequence[str], heading: str) -> Iterator[Grid]:
    said = [[plain(line)] for line in lines if line.strip()]
    if said:
        yield Grid("markdown", said, heading, is_prose=True)
