"""The lines of a table or a list that somebody pastes into a tray. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final, NamedTuple

from abusedesk.core.errors import InvalidError

COLUMNS: Final = ("type", "value", "title")
CASE: Final = "case"
MAX_CHARS: Final = 500_000


class Line(NamedTuple):
    """One line that names something. type: "" where the line says a value alone."""

    number: int
    type: str
    value: str


def lines_in(text: str) -> Iterator[Line]:
    """What a pasted text names: the table that a tray is saved as, or a value a line.

    Raises InvalidError for what is no table at all.
    """
    text = text.removeprefix("\ufeff").replace("\x00", "")
    first = next(iter(text.splitlines()), "")
    if [cell.strip().casefold() for cell in first.split(",")][:2] == list(COLUMNS[:2]):
        yield from _of_table(text)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if value := line.strip():
            yield Line(number, "", value)


def _of_table(text: str) -> Iterator[Line]:
    rows = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in rows:
            kind, value = (cell.strip() for cell in (*row, "", "")[:2])
            if value and (kind, value) != COLUMNS[:2]:
                # a cell that would be a formula is saved behind an apostrophe
                yield Line(rows.line_num, kind, value.removeprefix("'"))
    except csv.Error as error:
        message = f"Line {rows.line_num} of the table cannot be read: {error}."
        raise InvalidError(message, field="lines") from error
