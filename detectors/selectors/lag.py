"""How far the readers of the live stream are behind: detectors, the entity linker, the fusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.policy import READERS
from detectors.stream import Position

COUNTED: Final = 1_000_000
"""Where counting of unread signals ends; beyond, a number says no more."""

# The newest signal of the live stream; the place of every reader; of those behind, the slowest.
# Signals count as soon as they are stored, also where an older transaction that is still open keeps
# readers from them. The linker has a place even before it ran. The fusion stands before the signal
# of its first unread entry: of its log, whole steps count that no detector can add to any more.
_SLOWEST: Final = """
WITH live AS (
    SELECT stream.id, greatest(tick_floor_s, 1) AS step_s, newest.*
    FROM detectors_stream AS stream, LATERAL (
        SELECT s.epoch, s.tx::text::bigint AS tx, s.id AS newest_id, received_at AS newest_at
        FROM detectors_signal AS s
        WHERE s.stream_id = stream.id
        ORDER BY s.epoch DESC, s.tx DESC, s.id DESC LIMIT 1) AS newest
    WHERE kind = 'live'
), shard AS (
    SELECT one.*, config.slug, config.mode, config.created_at
    FROM detectors_shard AS one JOIN detectors_detectorconfig AS config ON config.id = config_id
    WHERE one.stream_id IN (SELECT id FROM live) AND config.current AND config.mode <> 'off'
), reader AS (
    SELECT stream_id, slug AS name, created_at, epoch, tx, signal_id FROM shard
    UNION ALL
    SELECT live.id, 'entity linker', '-infinity',
        coalesce(place.epoch, 0), coalesce(place.tx, 0), coalesce(place.signal_id, 0)
    FROM live LEFT JOIN detectors_cursor AS place ON place.name = 'link-' || live.id
    UNION ALL
    SELECT live.id, 'fusion', '-infinity', s.epoch, s.tx::text::bigint, s.id - 1
    FROM live LEFT JOIN detectors_cursor AS place ON place.name = 'fusion-' || live.id,
    LATERAL (
        SELECT signal_id FROM detectors_findingrevision AS entry
        WHERE entry.stream_id = live.id
          AND at_s >= (coalesce(place.signal_id, 0) + 1) * step_s
          AND at_s < step_s * floor((
            SELECT min(clock_s) FROM shard WHERE stream_id = live.id AND mode = 'live') / step_s)
        ORDER BY at_s, entry.id LIMIT 1) AS entry
    JOIN detectors_signal AS s ON s.id = entry.signal_id
)
SELECT name, live.id, reader.epoch, reader.tx, reader.signal_id, newest_id,
    extract(epoch FROM greatest(interval '0', least(
        newest_at - coalesce(seen.received_at, first.received_at),
        %s::timestamptz - first.received_at)))::float8,
    first.received_at < created_at AS rereads
FROM reader JOIN live ON live.id = reader.stream_id
LEFT JOIN detectors_signal AS seen ON seen.id = reader.signal_id,
LATERAL (
    SELECT received_at FROM detectors_signal AS s
    WHERE s.stream_id = live.id
      AND (s.epoch, s.tx, s.id) > (reader.epoch, reader.tx::text::xid8, reader.signal_id)
    ORDER BY s.epoch, s.tx, s.id LIMIT 1) AS first
WHERE (reader.epoch, reader.tx, reader.signal_id) < (live.epoch, live.tx, newest_id)
ORDER BY rereads, reader.epoch, reader.tx, reader.signal_id LIMIT 1
"""
_COUNT: Final = """
SELECT count(*) FROM (
    SELECT FROM detectors_signal AS s
    WHERE stream_id = %s AND (epoch, tx, id) > (%s, %s::text::xid8, %s)
    LIMIT %s) AS unread
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the slowest reader is behind. signals: stored and not read by it, at most `COUNTED`.

    seconds: from the signal it read last to the newest, but no longer than the first unread one has
    waited: after a quiet night nobody is hours behind. rereads: its settings were changed, and it
    reads what was stored before that again; others are behind only where this is False.
    """

    reader: str = ""
    signals: int = 0
    seconds: float = 0.0
    rereads: bool = False


def lag_for(viewer: User) -> Lag:
    """The slowest reader. Partners learn nothing of detectors."""
    return _slowest(exact_above=0) if viewer.role in READERS else Lag()


def lag_by_limit(limit: int) -> Lag:
    """The slowest reader, cheaply: its signals are counted only where they may be above `limit`."""
    return _slowest(exact_above=limit)


def _slowest(*, exact_above: int) -> Lag:
    """The distance of ids will do where it is small: hardly ever are more signals between them."""
    with connection.cursor() as cursor:
        cursor.execute(_SLOWEST, [clock.now()])
        row = cursor.fetchone()
        if row is None:
            return Lag()
        reader, stream_id, *seen, newest_id, seconds, rereads = row
        signals = newest_id - Position(*seen).signal_id
        if signals > exact_above:
            cursor.execute(_COUNT, [stream_id, *seen, COUNTED])
            signals = cursor.fetchone()[0]
    return Lag(reader, signals, seconds, rereads)
