"""Rows of a CSV file, whatever stands between them."""

from __future__ import annotations

import csv
from collections.abc import Iterator


def rows_of(reader: Iterator[list[str]]) -> Iterator[list[str] | str]:
    """Rows that are not blank lines; for one that is no CSV, what is wrong with it."""
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield str(error)
        else:
            if row:
                yield row
