"""Tables that leave as CSV, line by line: no cell is a formula, addresses are defanged. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from abusedesk.core.text import csv_cell


class _Echo:
    """Makes `writerow` give the line back."""

    def write(self, line: str) -> str:
        return line


def lines(head: Sequence[str], rows: Iterable[Sequence[str]], limit: int, of: str) -> Iterator[str]:
    """The table; behind `limit` rows a line says that it was cut. of: what the rows are."""
    writer = csv.writer(_Echo())
    yield writer.writerow(head)
    for number, row in enumerate(rows):
        if number == limit:
            yield writer.writerow([f"cut here: an export holds {limit:,} {of} at most"])
            return
        yield writer.writerow([csv_cell(cell) for cell in row])
