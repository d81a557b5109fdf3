"""CSV: lines of bounded length as text, and what a first line must keep to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Final

from detectors.adapters.kit.bounds import clean
from detectors.adapters.kit.documents import BOM

CSV: Final = "text/csv"
MAX_LINE: Final = 1024 * 1024
MAX_COLUMNS: Final = 200
MAX_NAME: Final = 100


def lines(file: BufferedReader) -> Iterator[str]:
    """Lines as text; bytes that are no UTF-8 become U+FFFD."""
    line = file.readline(MAX_LINE).removeprefix(BOM)
    while line:
        yield clean(line.decode("utf-8", "replace"))
        line = file.readline(MAX_LINE)


def header_problem(header: Sequence[str]) -> str:
    """What is wrong with the names of the columns; empty when nothing is."""
    if not any(header):
        return "names no columns"
    if len(header) > MAX_COLUMNS:
        return f"names more than {MAX_COLUMNS} columns"
    if any(len(name) > MAX_NAME for name in header):
        return f"names a column with more than {MAX_NAME} characters"
    if len(set(header)) < len(header):
        return "names a column twice"
    return ""


def written(row: Sequence[str]) -> bytes:
    """The row as a line of CSV."""
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue().encode()
