"""Drives the consumers of the signal stream: who has work, and for how long it works."""

from __future__ import annotations

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.queueing import wake
from detectors import stream
from detectors.choices import StreamKind
from detectors.engine import HEARTBEAT
from detectors.models import Cursor, Shard, Stream
from detectors.partitions import ensure_partitions
from detectors.services.config import ensure_configs
from detectors.services.drain import drain
from detectors.services.run import ensure_shards, shards_of, step_shard
from detectors.stream import Position

# Soon after the last real signal, then seldom: an idle desk must not fill its own store.
_BEAT = """
INSERT INTO detectors_signal (stream_id, source_id, external_id, platform, kind, occurred_at,
    received_at, actor, text, payload, epoch)
SELECT stream_id, 0, 'heartbeat-' || stream_id, 'engine', %(kind)s, %(now)s, %(now)s, '', '', '{}',
    epoch
FROM (SELECT * FROM detectors_signal
      WHERE stream_id = %(stream)s AND occurred_at > %(now)s::timestamptz - interval '1 day'
      ORDER BY occurred_at DESC LIMIT 1) AS last
WHERE received_at < %(now)s::timestamptz
    - CASE kind WHEN %(kind)s THEN interval '5 minutes' ELSE interval '30 seconds' END
ON CONFLICT DO NOTHING
"""


def sweep() -> None:
    """Wake whoever has work. A lost message costs one sweep interval, nothing else."""
    ensure_configs()
    ensure_shards()
    beat_idle_streams()
    for stream_id in Stream.objects.values_list("pk", flat=True):
        end = stream.newest(stream_id)
        if lagging_shards(stream_id, end):
            wake("detectors.advance", stream_id)
        if _cursor(f"link-{stream_id}") < end:
            wake("detectors.link", stream_id)
    wake("detectors.fuse")


def advance(*, stream_id: int) -> None:
    """Step all shards of a stream in turn, so that they share each decoded page.

    Stops when nothing is left, or after BUDGET_S with a wake-up for the rest.
    """
    ensure_shards()
    shards = shards_of(stream_id)
    if not drain(lambda: sum(step_shard(shard_id=shard) for shard in shards)):
        wake("detectors.advance", stream_id)


def lagging_shards(stream_id: int, end: Position) -> list[int]:
    """Shards of a stream that have not reached `end`."""
    rows = Shard.objects.filter(pk__in=shards_of(stream_id))
    return [row.pk for row in rows if Position(row.epoch, row.tx, row.signal_id) < end]


def beat_idle_streams() -> None:
    """Store a heartbeat in a live stream that went silent, so that its clock and ticks go on."""
    now = clock.now()
    for one in Stream.objects.filter(kind=StreamKind.LIVE):
        ensure_partitions([now])
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, {"stream": one.pk, "kind": HEARTBEAT, "now": now})


def _cursor(name: str) -> Position:
    row = Cursor.objects.filter(name=name).first()
    return Position(row.epoch, row.tx, row.signal_id) if row else Position()
