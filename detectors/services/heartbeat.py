"""Rows that move the clock of a stream where no signal does."""

from __future__ import annotations

from datetime import timedelta

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

# Soon after the last real signal, then seldom: an idle desk must not fill its own store.
_BEAT = """
INSERT INTO detectors_signal (stream_id, source_id, external_id, platform, kind, occurred_at,
    received_at, actor, text, payload, epoch)
SELECT stream_id, %(nobody)s, 'heartbeat-' || stream_id, 'engine', %(kind)s, %(now)s, %(now)s, '',
    '', '{}', epoch
FROM (SELECT * FROM detectors_signal
      WHERE stream_id = %(stream)s AND occurred_at > %(now)s::timestamptz - interval '1 day'
      ORDER BY occurred_at DESC LIMIT 1) AS last
WHERE received_at < %(now)s::timestamptz
    - CASE kind WHEN %(kind)s THEN interval '5 minutes' ELSE interval '10 seconds' END
ON CONFLICT DO NOTHING
"""


def beat_idle_streams() -> None:
    """Store a heartbeat in a live stream that went silent, so that its clock and ticks go on."""
    now = clock.now()
    ensure_partitions([now])
    for one in Stream.objects.filter(kind=StreamKind.LIVE):
        values = {"stream": one.pk, "kind": HEARTBEAT, "now": now, "nobody": NOBODY}
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, values)


def end_stream(*, stream: Stream) -> None:
    """Close an import: the last tick fires as if one more signal had come."""
    signals = Signal.objects.filter(stream=stream)
    last = signals.aggregate(last=Max("occurred_at"))["last"]
    if last is None or signals.filter(kind=HEARTBEAT).exists():
        return
    end = min(last + timedelta(seconds=stream.tick_floor_s), clock.now())
    ensure_partitions([end])
    Signal.objects.create(
        stream=stream,
        source_id=NOBODY,
        external_id=f"end-{stream.pk}",
        platform="engine",
        kind=HEARTBEAT,
        occurred_at=end,
        received_at=clock.now(),
        actor="",
        text="",
        payload={},
        epoch=current_epoch(),
    )
