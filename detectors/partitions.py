"""Monthly partitions of the signal store: made with the first signal of a month, later dropped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection, transaction

TABLES = ("detectors_signal", "detectors_signalentity")
_LOCK = 0x5041_5254  # "PART": serialises creation between processes, never ordinary writes
LOCK_TIMEOUT: Final = "1500ms"  # whoever reads or writes meanwhile waits behind a drop that waits
# A mention bears the time of receipt where the sender's clock ran ahead (`stream.CLOCK_SKEW_S`):
# it may lie in the month before its signal.
SKEW: Final = timedelta(days=1)
_EXISTING: Final = """
SELECT right(child.relname, 7) FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = 'detectors_signal'::regclass AND child.relname ~ '_[0-9]{4}_[0-9]{2}$'
ORDER BY 1
"""
_EARLY_MENTIONS: Final = """
DELETE FROM detectors_signalentity AS e USING {signals} AS s
WHERE e.signal_id = s.id AND e.occurred_at >= %(before)s AND e.occurred_at < %(start)s
  AND s.occurred_at < %(soon)s
"""
_HAS_FOREIGN: Final = """
SELECT EXISTS (
    SELECT FROM {mentions} AS e WHERE e.occurred_at >= %(late)s
    AND NOT EXISTS (SELECT FROM {signals} AS s WHERE s.id = e.signal_id))
"""
_ALL_MENTIONS: Final = "SELECT count(*) FROM {mentions}"
_OWN_MENTIONS: Final = "DELETE FROM {mentions} AS e USING {signals} AS s WHERE e.signal_id = s.id"


class Month(NamedTuple):
    """A calendar month, UTC."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """`2026-09`, or `2026_09` as in the name of a table."""
        return cls(int(text[:4]), int(text[5:7]))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return datetime(self.year + self.month // 12, self.month % 12 + 1, 1, tzinfo=UTC)

    def table(self, parent: str = TABLES[0]) -> str:
        """Name of the partition of `parent`."""
        return f"{parent}_{self.year:04d}_{self.month:02d}"


class Mentions(NamedTuple):
    """gone: mentions that go with a month; has_foreign: some in it belong to other months."""

    gone: int
    has_foreign: bool


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


def existing_months() -> list[Month]:
    """Months that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING)
        return [Month.parse(name) for (name,) in cursor.fetchall()]


def size_of(month: Month) -> int:
    """Bytes on disk of a month: signals, mentions, indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(coalesce(pg_total_relation_size(to_regclass(name)), 0))::bigint"
            " FROM unnest(%s::text[]) AS name",
            [[month.table(parent) for parent in TABLES]],
        )
        return int(cursor.fetchone()[0])


def clear_mentions(month: Month) -> Mentions:
    """Delete mentions of this month's signals that no drop of the month would take.

    In the caller's transaction. Mentions of signals that stay are left where they are.
    """
    names = {
        "signals": month.table(),
        "mentions": month.table(TABLES[1]),
    }
    moments = {
        "start": month.start,
        "before": month.start - SKEW,
        "soon": month.start + SKEW,
        "late": month.end - SKEW,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EARLY_MENTIONS.format(**names), moments)
        gone = cursor.rowcount
        cursor.execute(_HAS_FOREIGN.format(**names), moments)
        has_foreign = bool(cursor.fetchone()[0])
        if has_foreign:
            cursor.execute(_OWN_MENTIONS.format(**names))
            return Mentions(gone + cursor.rowcount, has_foreign)
        cursor.execute(_ALL_MENTIONS.format(**names))
        return Mentions(gone + int(cursor.fetchone()[0]), has_foreign)


def lock_store() -> None:
    """Keep everybody out of the store until commit; OperationalError when that takes too long.

    The parents are locked first, as every reader and writer does, so that nobody waits in a ring.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        for table in TABLES:
            cursor.execute(f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE")


def drop_month(month: Month, *, with_mentions: bool) -> None:
    """Detach and drop the partitions of a month, after `lock_store`."""
    with connection.cursor() as cursor:
        for parent in TABLES if with_mentions else TABLES[:1]:
            cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {month.table(parent)}")
            cursor.execute(f"DROP TABLE {month.table(parent)}")
    forget_partitions()


def _create(year: int, month: int) -> None:
    span = Month(year, month)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for table in TABLES:
            name = span.table(table)
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
            if cursor.fetchone()[0]:
                continue
            cursor.execute(
                f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
            )
            cursor.execute(
                f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
                [span.start.isoformat(), span.end.isoformat()],
            )
