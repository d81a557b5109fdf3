"""Counts what sources send, off the request path, each signal exactly once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from django.db import connection

from abusedesk.core import clock
from abusedesk.core.queueing import wake
from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Source, SourceHour, Stream
from detectors.services.cursor import held_cursor, move_cursor, position_of
from detectors.services.drain import drain
from detectors.services.heartbeat import NOBODY
from detectors.tally import Key, Tally, tally

BATCH: Final = 5_000
KEPT: Final = timedelta(days=90)

# In the order of the key, so that two counters never wait for each other in a ring.
_ADD: Final = """
INSERT INTO detectors_sourcehour AS had
    (source_id, hour, platform, accepted, refused, late, clamped, gap_s, last_at, skew)
SELECT source, to_timestamp(hour), platform, accepted, 0, late, clamped, gap_s, to_timestamp(last),
    skew
FROM jsonb_to_recordset(%s::jsonb) AS given (source bigint, platform text, hour float8,
    accepted bigint, late bigint, clamped bigint, gap_s float8, last float8, skew bigint[])
ORDER BY source, hour, platform
ON CONFLICT (source_id, hour, platform) DO UPDATE SET
    accepted = had.accepted + excluded.accepted,
    late = had.late + excluded.late,
    clamped = had.clamped + excluded.clamped,
    gap_s = greatest(had.gap_s, excluded.gap_s),
    last_at = greatest(had.last_at, excluded.last_at),
    skew = (SELECT array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY place)
            FROM unnest(had.skew, excluded.skew) WITH ORDINALITY AS sums (a, b, place))
"""
_REFUSED: Final = """
INSERT INTO detectors_sourcehour AS had
    (source_id, hour, platform, accepted, refused, late, clamped, gap_s, skew)
VALUES (%s, date_trunc('hour', %s::timestamptz, 'UTC'), '', 0, %s, 0, 0, 0, '{}')
ON CONFLICT (source_id, hour, platform) DO UPDATE SET refused = had.refused + excluded.refused
"""
# The newest few hours of each: its last one need not be the one in which it was heard last.
_HEARD: Final = """
SELECT source, extract(epoch FROM max(last_at))::float8
FROM unnest(%s::bigint[]) AS source, LATERAL (
    SELECT last_at FROM detectors_sourcehour
    WHERE source_id = source AND last_at IS NOT NULL ORDER BY hour DESC LIMIT 20) AS newest
GROUP BY source
"""


def count_stream(*, stream_id: int) -> None:
    """Count a stream to its end; wakes itself when the time is up before that."""
    if not drain(lambda: count_signals(stream_id=stream_id)):
        wake("detectors.count_stream", stream_id)


def count_signals(*, stream_id: int) -> int:
    """Count the next batch of one stream. Returns how many rows it took."""
    with held_cursor(name=f"count-{stream_id}") as cursor:
        if cursor is None:
            return 0
        rows, last = stream.receipts(stream_id, position_of(cursor), BATCH)
        if not rows:
            return 0
        sent = [row for row in rows if row.source != NOBODY]
        live = Stream.objects.filter(pk=stream_id, kind=StreamKind.LIVE).exists()
        _add(tally(sent, _heard({row.source for row in sent}), live=live))
        now = clock.now()
        if _hour(cursor.updated_at) != _hour(now):
            SourceHour.objects.filter(hour__lt=now - KEPT).delete()
        move_cursor(cursor=cursor, to=last)
        return len(rows)


def count_refused(*, source: Source, refused: int) -> None:
    """Add refused items; call it last in its transaction, the row is shared."""
    if refused:
        with connection.cursor() as cursor:
            cursor.execute(_REFUSED, [source.pk, clock.now(), refused])


def _add(found: Mapping[Key, Tally]) -> None:
    if not found:
        return
    rows = [key._asdict() | asdict(row) for key, row in found.items()]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [msgspec.json.encode(rows).decode()])


def _heard(sources: Collection[int]) -> dict[int, float]:
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, [list(sources)])
        return dict(cursor.fetchall())


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
