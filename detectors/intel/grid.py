"""What every format of a report becomes: rows of cells under a heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_ROWS: Final = 20_000
MAX_CELLS: Final = 100
MAX_HEADING: Final = 200


class TooManyRowsError(ValueError):
    """A report has more rows than one import takes."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows that stand together. form: csv, tsv, semicolon, markdown, html or text.

    heading: the words above them. is_headed: the format says that the first row names columns.
    is_prose: lines between tables, one cell each.
    """

    form: str
    rows: Sequence[Sequence[str]]
    heading: str = ""
    is_headed: bool = False
    is_prose: bool = False
