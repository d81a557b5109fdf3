"""Rows that move the clock of a stream where no signal does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max

from abusedesk.core import clock
from detectors.choices import StreamKind
from detectors.engine import HEARTBEAT
from detectors.models import Signal, Stream
from detectors.partitions import ensure_partitions
from detectors.stream import current_epoch

NOBODY = 0
"""Heartbeats have no source."""

# Soon after the last real signal, then seldom: an idle desk must not fill its own store. The last
# one is the last in commit order: what was posted late is older than a heartbeat by its time.
_BEAT = """
INSERT INTO detectors_signal (stream_id, source_id, external_id, platform, kind, occurred_at,
    received_at, actor, text, payload, epoch)
SELECT stream_id, %(nobody)s, 'heartbeat-' || stream_id, 'engine', %(kind)s, %(now)s, %(now)s, '',
    '', '{}', (SELECT number FROM detectors_epoch)
FROM (SELECT s.* FROM detectors_signal AS s WHERE stream_id = %(stream)s
      ORDER BY s.epoch DESC, s.tx DESC, s.id DESC LIMIT 1) AS last
WHERE received_at < %(now)s::timestamptz
    - CASE kind WHEN %(kind)s THEN interval '5 minutes' ELSE interval '2 seconds' END
ON CONFLICT DO NOTHING
"""


def beat_idle_streams() -> None:
    """Store a heartbeat in a live stream that went silent, so that its clock and ticks go on."""
    now = clock.now()
    ensure_partitions([now])
    for one in Stream.objects.filter(kind=StreamKind.LIVE):
        with connection.cursor() as cursor:
            cursor.execute(
                _BEAT, {"stream": one.pk, "kind": HEARTBEAT, "now": now, "nobody": NOBODY}
            )


def end_stream(*, stream: Stream) -> None:
    """Close an import: what one more signal would have fired, fires; the fusion may read it all.

    Two heartbeats: the first crosses the last tick, the second ends the step that it is in.
    """
    signals = Signal.objects.filter(stream=stream)
    last = signals.aggregate(last=Max("occurred_at"))["last"]
    if last is None or signals.filter(kind=HEARTBEAT).exists():
        return
    step = timedelta(seconds=max(1, stream.tick_floor_s))
    _write_beats(stream, [last + step, last + 2 * step])


def prolong_stream(*, stream_id: int) -> None:
    """One more step behind the end of an import, for what the desk itself wrote after it."""
    stream = Stream.objects.get(pk=stream_id)
    if stream.kind != StreamKind.IMPORT:
        return
    beats = Signal.objects.filter(stream=stream, kind=HEARTBEAT)
    end = beats.aggregate(last=Max("occurred_at"))["last"]
    if end is not None:
        _write_beats(stream, [end + timedelta(seconds=max(1, stream.tick_floor_s))])


def _write_beats(stream: Stream, ends: Sequence[datetime]) -> None:
    ensure_partitions(ends)
    Signal.objects.bulk_create(
        Signal(
            stream=stream,
            source_id=NOBODY,
            external_id=f"end-{stream.pk}",
            platform="engine",
            kind=HEARTBEAT,
            occurred_at=end,
            received_at=end,
            actor="",
            text="",
            payload={},
            epoch=current_epoch(),
        )
        for end in ends
    )
