"""Monthly partitions of the signal store, made when the first signal of a month comes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection, transaction

TABLES = ("detectors_signal", "detectors_signalentity")
_LOCK = 0x5041_5254  # "PART": serialises creation between processes, never ordinary writes

_known: set[tuple[str, int, int]] = set()


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


def _create(year: int, month: int) -> None:
    start = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
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
