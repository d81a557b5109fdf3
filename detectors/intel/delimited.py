"""Comma, semicolon and tab separated text, and what a spreadsheet puts on the clipboard."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import Final

from detectors.intel.grid import MAX_CELLS, MAX_ROWS, Grid, TooManyRowsError

FORMS: Final = {"\t": "tsv", ";": "semicolon", ",": "csv"}
_LOOKED_AT: Final = 200
_AGREE: Final = 0.8
"""Share of the rows that must have one number of cells; sentences with commas do not."""
_FEW: Final = 2


def delimited(text: str) -> Grid | None:
    """The table of a text; None when no separator makes one of it."""
    scored = [(_agreement(text, mark), mark) for mark in FORMS]
    best, mark = max(scored, key=lambda one: one[0])
    if best == 0:
        return None
    rows = list(islice(_rows(text, mark), MAX_ROWS + 2))
    if len(rows) > MAX_ROWS + 1:
        message = f"An import takes at most {MAX_ROWS:,} rows."
        raise TooManyRowsError(message)
    return Grid(FORMS[mark], rows)


def _agreement(text: str, mark: str) -> float:
    """Cells in rows that agree with the commonest width; 0 where it is no table."""
    widths = Counter(len(row) for row in islice(_rows(text, mark), _LOOKED_AT))
    if not widths or widths.total() < _FEW:
        return 0
    width, count = max(widths.items(), key=lambda one: (one[1], one[0]))
    # A title line or a missing last cell is common; a text with commas agrees with itself rarely.
    return 0 if width < _FEW or count < widths.total() * _AGREE else width * count


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    """Rows with anything in the line; empty cells stay."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=mark)
    return (row[:MAX_CELLS] for row in _read(reader) if row)


def _read(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    """A cell that is longer than any table has ends the table, not the import."""
    rows = iter(reader)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield [f"(cannot be read: {error})"]
