"""Monthly partitions of the signal store, made when the first signal of a month comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.db import connection, transaction

TABLES = ("detectors_signal", "detectors_signalentity")
ROW_BYTES: Final = 650  # of a signal, about
SMALL_ROWS: Final = 200_000
SPAN: Final = 24  # months in one slice at most: a statement is planned over each
_LOCK = 0x5041_5254  # "PART": serialises creation between processes, never ordinary writes

_MONTHS: Final = """
SELECT right(inhrelid::regclass::text, 7), pg_relation_size(inhrelid)
FROM pg_inherits WHERE inhparent = 'detectors_signal'::regclass ORDER BY 1 DESC
"""

_known: set[tuple[str, int, int]] = set()


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


def ensure_partitions(moments: Iterable[datetime]) -> None:
    """Make the partitions that hold these moments, in a transaction of its own.

    Attaching a ready table takes a lock that lets inserts go on, which CREATE ... PARTITION OF
    does not. What this process has seen exist is not asked for again.
    """
    database = str(connection.settings_dict["NAME"])
    months = {(moment.astimezone(UTC).year, moment.astimezone(UTC).month) for moment in moments}
    missing = sorted(month for month in months if (database, *month) not in _known)
    for year, month in missing:
        _create(year, month)
        _known.add((database, year, month))


def forget_partitions() -> None:
    """Ask the database again: one was dropped, or the transaction that made it rolled back."""
    _known.clear()


def _months() -> list[Slice]:
    """Months that hold signals."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS)
        rows = cursor.fetchall()
    named = ((*map(int, name.split("_")), size) for name, size in rows if size)
    return [Slice(*_bounds(year, month), size // ROW_BYTES) for year, month, size in named]


def _joined(months: list[Slice]) -> Slice:
    return Slice(months[-1].start, months[0].end, sum(one.rows for one in months))


def _bounds(year: int, month: int) -> tuple[datetime, datetime]:
    return (
        datetime(year, month, 1, tzinfo=UTC),
        datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC),
    )


def _create(year: int, month: int) -> None:
    start, end = _bounds(year, month)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for table in TABLES:
            name = f"{table}_{year:04d}_{month:02d}"
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
            if cursor.fetchone()[0]:
                continue
            cursor.execute(
                f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
            )
            cursor.execute(
                f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
                [start.isoformat(), end.isoformat()],
            )
