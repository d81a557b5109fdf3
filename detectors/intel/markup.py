"""HTML tables, and the lines of text around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from detectors.adapters.kit.html import BREAKS, named, tokens, unescaped
from detectors.intel.grid import MAX_CELLS, MAX_HEADING, MAX_ROWS, Grid

_TABLE: Final = re.compile(r"<t(?:able|r|d)\b", re.IGNORECASE)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "caption"})
_CELLS: Final = frozenset({"td", "th"})
_SPAN: Final = re.compile(r"\b(col|row)span\s{0,9}=\s{0,9}[\"']?(\d{1,4})", re.IGNORECASE)
_SPACES: Final = re.compile(r"[^\S\n]+")
_MAX_SPAN: Final = 1_000


def has_table(text: str) -> bool:
    """Whether it is markup with rows of a table."""
    return _TABLE.search(text) is not None


def grids(text: str) -> Iterator[Grid]:
    """Tables and the text between them, in order. A table in a table ends the outer one's cell."""
    reader = _Reader()
    for is_tag, piece in tokens(text):
        if is_tag:
            yield from reader.tag(piece)
        else:
            reader.words.append(piece)
    yield from reader.end()


@dataclass(slots=True)
class _Reader:
    """words: text since the last thing that ended; within: they stand in a cell.

    hanging: cells that reach into further rows. headed: the first row has heading cells only.
    """

    heading: str = ""
    words: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    row: list[str] | None = None
    within: bool = False
    headed: bool = True
    spans: tuple[int, int] = (1, 1)
    hanging: dict[int, tuple[int, str]] = field(default_factory=dict)

    def tag(self, piece: str) -> Iterator[Grid]:
        """One tag; yields what it ends."""
        name, closes = named(piece), piece.startswith("/")
        if name in _HEADINGS:
            yield from self._head(closes=closes)
        elif name == "table":
            yield from self.end()
        elif name == "tr":
            self._close_row()
            if not closes:
                yield from self._prose()
                self.row = []
        elif name in _CELLS:
            self._close_cell()
            if not closes:
                self.row, self.words = [] if self.row is None else self.row, []
                self.within = True
                self.headed &= name == "th" or bool(self.rows)
                spans = {found[1].lower(): int(found[2]) for found in _SPAN.finditer(piece)}
                self.spans = (spans.get("col", 1), spans.get("row", 1))
        elif name in BREAKS:
            self.words.append("\n")

    def end(self) -> Iterator[Grid]:
        """What is left."""
        self._close_row()
        if self.rows:
            yield Grid("html", self.rows, self.heading, is_headed=self.headed)
        self.rows, self.hanging, self.headed = [], {}, True
        yield from self._prose()

    def _head(self, *, closes: bool) -> Iterator[Grid]:
        if closes:
            self.heading, self.words = self._said()[:MAX_HEADING], []
        elif self.row is None:
            yield from self._prose()

    def _said(self) -> str:
        return _SPACES.sub(" ", unescaped("".join(self.words))).strip()

    def _prose(self) -> Iterator[Grid]:
        if self.row is not None:
            return
        lines = [[line.strip()] for line in self._said().splitlines() if line.strip()]
        self.words = []
        if lines:
            yield Grid("html", lines[: MAX_ROWS + 1], self.heading, is_prose=True)

    def _close_cell(self) -> None:
        """Text since the cell began is its content; HTML lets its end go unsaid."""
        if self.row is None or not self.within:
            return
        said, (wide, high) = self._said(), self.spans
        self._fill()
        for _ in range(min(wide, MAX_CELLS)):
            if high > 1:
                self.hanging[len(self.row)] = (min(high, _MAX_SPAN) - 1, said)
            self.row.append(said)
        self.words, self.spans, self.within = [], (1, 1), False

    def _close_row(self) -> None:
        self._close_cell()
        if self.row is None:
            return
        if self.row:
            self._fill()
            self.rows.append(self.row[:MAX_CELLS])
        self.row, self.words = None, []

    def _fill(self) -> None:
        """Put in what reaches down from rows above."""
        while self.row is not None and (above := self.hanging.pop(len(self.row), None)):
            left, said = above
            if left > 1:
                self.hanging[len(self.row)] = (left - 1, said)
            self.row.append(said)
