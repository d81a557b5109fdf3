"""Which format a report is in, and its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from detectors.intel import markup, pipes
from detectors.intel.delimited import delimited
from detectors.intel.grid import MAX_HEADING, MAX_ROWS, Grid, TooManyRowsError

_BULLET: Final = re.compile(r"\s*(?:[-*\u2022\u2023\u25aa\u25e6\u2013\u2014>]+|\(?\d{1,4}[.)])\s+")
_TITLE: Final = re.compile(r"(?:#{1,6}\s+)?([^\W\d_][^.:/@\[\]]{1,80})")
_MAX_TITLE_WORDS: Final = 4


def grids_of(text: str) -> list[Grid]:
    """Everything that stands in a report, in order. Raises TooManyRowsError."""
    found = list(_found(text))
    if sum(len(grid.rows) for grid in found) > MAX_ROWS + len(found):
        message = f"An import takes at most {MAX_ROWS:,} rows."
        raise TooManyRowsError(message)
    return found


def _found(text: str) -> Iterator[Grid]:
    if markup.has_table(text):
        yield from markup.grids(text)
    elif pipes.has_table(text):
        yield from pipes.grids(text)
    elif (table := delimited(text)) is not None:
        yield table
    else:
        yield from _lines(text)


def _lines(text: str) -> Iterator[Grid]:
    """Plain text: a line is a row; a few words that end in a colon are the heading of the next."""
    heading, rows = "", list[list[str]]()
    for line in text.splitlines():
        bullet = _BULLET.match(line)
        said = line[bullet.end() if bullet else 0 :].strip()
        if not said:
            continue
        if title := _title(line):
            if rows:
                yield Grid("text", rows, heading, is_prose=True)
            heading, rows = title[:MAX_HEADING], []
        else:
            rows.append([said])
    if rows:
        yield Grid("text", rows, heading, is_prose=True)


def _title(line: str) -> str:
    # Without what surrounds it: a pattern that allowed for it would look at long blanks many times.
    found = _TITLE.fullmatch(line.strip().removesuffix(":").rstrip())
    is_short = found is not None and len(found[1].split()) <= _MAX_TITLE_WORDS
    marked = line.rstrip().endswith(":") or line.lstrip().startswith("#")
    return found[1] if found and is_short and marked else ""
