"""Reads a stream of signals in commit order, a page at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction

from detectors.base import Signal
from detectors.schema import ActorProfile, Ai
from detectors.tally import Receipt

CLOCK_SKEW_S = 300
_CACHED_PAGES = 4

_COLUMNS = """
SELECT epoch, tx::text::bigint, id, extract(epoch FROM occurred_at)::float8,
       extract(epoch FROM received_at)::float8, source_id, platform, kind, actor, text,
       payload::text
FROM detectors_signal AS s
"""

# Of a signal that only moves the clock nothing else is fetched or decoded.
_COLUMNS_FOR = """
SELECT epoch, tx::text::bigint, id, extract(epoch FROM occurred_at)::float8,
       extract(epoch FROM received_at)::float8, source_id, platform, kind, actor,
       CASE WHEN wanted THEN text END, CASE WHEN wanted THEN payload::text END
FROM (
    SELECT *, least(occurred_at, received_at) <= %s AND (%s OR kind = ANY(%s))
        AND (%s OR source_id = ANY(%s)) AS wanted
    FROM detectors_signal
) AS s
"""

_TIMES = """
SELECT epoch, tx::text::bigint, id, source_id, platform,
       extract(epoch FROM occurred_at)::float8, extract(epoch FROM received_at)::float8
FROM detectors_signal AS s
"""

_REPORTERS = """
SELECT epoch, tx::text::bigint, id, CASE WHEN kind = 'report' THEN source_id END
FROM detectors_signal AS s
"""

_TELLERS = """
SELECT s.platform || ':' || s.actor, o.slug
FROM detectors_signal AS s JOIN detectors_source AS o ON o.id = s.source_id
WHERE s.id = ANY(%s)
"""

# Rows of transactions that may still be open are not read, so none is ever skipped. Rows of an
# earlier epoch were restored: all of them are committed, by transactions of another server.
_READABLE = """
(s.epoch < (SELECT number FROM detectors_epoch) OR s.tx < pg_snapshot_xmin(pg_current_snapshot()))
"""

# The order is by the table's columns, which an index has; a bare `tx` would be the converted
# output column.
_NEXT = f"""
WHERE stream_id = %s AND (epoch, tx, id) > (%s, %s::text::xid8, %s) AND {_READABLE}
ORDER BY s.epoch, s.tx, s.id
LIMIT %s
"""
_PAGE = f"{_COLUMNS}{_NEXT}"
_PAGE_FOR = f"{_COLUMNS_FOR}{_NEXT}"
_RECEIPTS = f"{_TIMES}{_NEXT}"
_REPORTS = f"{_REPORTERS}{_NEXT}"
_PLACE = "SELECT epoch, tx::text::bigint, id FROM detectors_signal AS s"
_NEWEST = f"""
{_PLACE} WHERE stream_id = %s AND {_READABLE}
ORDER BY s.epoch DESC, s.tx DESC, s.id DESC LIMIT 1
"""


_HAPPENED = "SELECT occurred_at FROM detectors_signal AS s"
_NEWEST_TIME = f"""
{_HAPPENED} WHERE stream_id = %s AND kind NOT LIKE 'engine.%%' AND {_READABLE}
ORDER BY s.epoch DESC, s.tx DESC, s.id DESC LIMIT 1
"""


class Position(NamedTuple):
    """A place in commit order; everything up to and including it is consumed."""

    epoch: int = 0
    tx: int = 0
    signal_id: int = 0


class Wanted(NamedTuple):
    """Signals that one reader makes something of; empty kinds or sources: all. until: those
    that happened up to then."""

    kinds: Sequence[str]
    sources: Sequence[int]
    until: datetime


class Payload(msgspec.Struct, frozen=True):
    """Fields of the contract that have no column of their own."""

    urls: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    identifiers: dict[str, str | list[str]] = {}
    actor_profile: ActorProfile | None = None
    ai: Ai | None = None
    fingerprints: tuple[str, ...] = ()
    attributes: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive signals of one stream and where they end."""

    signals: tuple[Signal, ...]
    positions: tuple[Position, ...]

    @property
    def last(self) -> Position:
        return self.positions[-1]

    def until(self, end: Position | None) -> Page:
        """The part up to and including `end`; all of it where that lies beyond or is None."""
        if end is None or not self.positions or end >= self.last:
            return self
        count = bisect_right(self.positions, end)
        return Page(self.signals[:count], self.positions[:count])


_payload = msgspec.json.Decoder(Payload)
_pages: OrderedDict[tuple[str, int, Position, int], Page] = OrderedDict()
_purged: dict[str, datetime | None] = {}
"""Database -> the last purge of it that this process knows."""


def read(stream_id: int, after: Position, limit: int) -> Page:
    """The next signals after a position, at most `limit`.

    A full page changes by a purge only (`forget_pages_before`), so the last few are kept: the
    detectors of one stream walk it together, and each page is decoded once for all of them.
    """
    key = (str(connection.settings_dict["NAME"]), stream_id, after, limit)
    if (page := _pages.get(key)) is not None:
        _pages.move_to_end(key)
        return page
    rows = _in_order(_PAGE, [stream_id, *after, limit])
    page = Page(
        signals=tuple(_signal(row) for row in rows),
        positions=tuple(Position(row[0], row[1], row[2]) for row in rows),
    )
    if len(rows) == limit:
        _pages[key] = page
        while len(_pages) > _CACHED_PAGES:
            _pages.popitem(last=False)
    return page


def read_for(stream_id: int, after: Position, limit: int, wanted: Wanted) -> Page:
    """The same for one reader alone, who makes nothing of the other signals but their time.

    Those have no text and no payload; nothing is kept.
    """
    kinds, sources = list(wanted.kinds), list(wanted.sources)
    asked: list[Any] = [wanted.until, not kinds, kinds, not sources, sources]
    rows = _in_order(_PAGE_FOR, [*asked, stream_id, *after, limit])
    return Page(
        signals=tuple(_bare(row) if row[10] is None else _signal(row) for row in rows),
        positions=tuple(Position(row[0], row[1], row[2]) for row in rows),
    )


def receipts(stream_id: int, after: Position, limit: int) -> tuple[list[Receipt], Position]:
    """Of the next rows, heartbeats included: source, platform and times; and where they end.

    Nothing is decoded, so that counting costs a fraction of what reading does.
    """
    rows = _in_order(_RECEIPTS, [stream_id, *after, limit])
    last = Position(*rows[-1][:3]) if rows else after
    return [Receipt(*row[3:]) for row in rows], last


def reports(stream_id: int, after: Position, limit: int) -> tuple[dict[int, int], Position, int]:
    """Of the next rows: the reports with their sources; where the rows end, and how many they are.

    Nothing is decoded, as for `receipts`.
    """
    rows = _in_order(_REPORTS, [stream_id, *after, limit])
    last = Position(*rows[-1][:3]) if rows else after
    return {row[2]: row[3] for row in rows if row[3] is not None}, last, len(rows)


def before_time(stream_id: int, moment_s: float) -> Position:
    """The position right before the first signal that occurred at `moment_s` or later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT epoch, tx::text::bigint, id - 1 FROM detectors_signal AS s"
            " WHERE stream_id = %s AND occurred_at >= to_timestamp(%s)"
            " ORDER BY s.epoch, s.tx, s.id LIMIT 1",
            [stream_id, moment_s],
        )
        row = cursor.fetchone()
    return Position(*row) if row else Position()


def newest(stream_id: int) -> Position:
    """Position of the last readable signal of a stream."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [stream_id])
        row = cursor.fetchone()
    return Position(*row) if row else Position()


def forget_pages() -> None:
    """Drop the kept pages; for tests that empty the tables and for a purge."""
    _pages.clear()


def forget_pages_before(purge: datetime | None) -> None:
    """Drop the kept pages if the last purge is another than when this was called last."""
    database = str(connection.settings_dict["NAME"])
    if _purged.get(database) != purge:
        forget_pages()
    _purged[database] = purge


def newest_time(stream_id: int) -> datetime | None:
    """When the last readable signal that somebody sent happened; None on an empty stream."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_TIME, [stream_id])
        row = cursor.fetchone()
    return row[0] if row else None


def current_epoch() -> int:
    """Number of logical restores this database went through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM detectors_epoch")
        return int(cursor.fetchone()[0])


def signals_by_id(ids: list[int]) -> list[Signal]:
    """Signals as detectors see them, by ascending id. Unknown ids are left out."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_COLUMNS} WHERE id = ANY(%s) ORDER BY id", [ids])
        return [_signal(row) for row in cursor.fetchall()]


def _in_order(statement: str, asked: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Rows in the order of the index, and no row after the last one that is asked for.

    How much follows a position is estimated by `epoch` alone, which nearly all rows have in common:
    as good as nothing. So the planner would rather read and sort all that follows, for each page
    anew.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(statement, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute("SET LOCAL enable_sort TO DEFAULT")
    return rows


def told_by(ids: Iterable[int]) -> list[tuple[str, str]]:
    """Account and slug of the source of each of these signals. Unknown ids are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_TELLERS, [list(ids)])
        return [(account, source) for account, source in cursor.fetchall()]


def _bare(row: tuple[Any, ...]) -> Signal:
    _, _, id_, occurred, received, source, platform, kind, actor, _, _ = row
    return Signal(
        id=id_,
        at=_moment_of(occurred, received),
        received=received,
        source=source,
        platform=platform,
        kind=kind,
        actor=actor,
    )


def _moment_of(occurred: float, received: float) -> float:
    """When it happened, or when it was received where its sender's clock runs ahead."""
    return occurred if occurred <= received + CLOCK_SKEW_S else received


def _signal(row: tuple[Any, ...]) -> Signal:
    _, _, id_, occurred, received, source, platform, kind, actor, text, payload = row
    extra = _payload.decode(payload)
    return Signal(
        id=id_,
        at=_moment_of(occurred, received),
        received=received,
        source=source,
        platform=platform,
        kind=kind,
        actor=actor,
        text=text,
        raw_urls=extra.urls,
        objects=extra.objects,
        identifier_map=extra.identifiers,
        profile=extra.actor_profile,
        ai=extra.ai,
        fingerprints=extra.fingerprints,
        attributes=extra.attributes,
    )
