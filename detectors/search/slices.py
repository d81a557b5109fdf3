"""Spans of the signal store in whole months, which a search takes one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from detectors.partitions import Month

ROW_BYTES: Final = 650  # of a signal, about
SMALL_ROWS: Final = 200_000
SPAN: Final = 24  # months in one slice at most: a statement is planned over each
_MONTHS: Final = """
SELECT right(inhrelid::regclass::text, 7), pg_relation_size(inhrelid)
FROM pg_inherits WHERE inhparent = 'detectors_signal'::regclass ORDER BY 1 DESC
"""


class Slice(NamedTuple):
    """Some months, `end` excluded, with about so many signals."""

    start: datetime
    end: datetime
    rows: int


def slices(since: datetime | None, until: datetime | None) -> Iterator[Slice]:
    """The stored signals of a span in whole months, the newest first; small months together."""
    held: list[Slice] = []
    for month in _months():
        if (since and month.end <= since) or (until and month.start > until):
            continue
        if held and (len(held) == SPAN or sum(one.rows for one in held) > SMALL_ROWS):
            yield _joined(held)
            held = []
        held.append(month)
    if held:
        yield _joined(held)


def _months() -> list[Slice]:
    """Months that hold signals."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS)
        rows = cursor.fetchall()
    named = ((Month.parse(name), size) for name, size in rows if size)
    return [Slice(month.start, month.end, size // ROW_BYTES) for month, size in named]


def _joined(months: list[Slice]) -> Slice:
    return Slice(months[-1].start, months[0].end, sum(one.rows for one in months))
