"""Drives the consumers of the signal stream: who has work, and for how long it works."""

from __future__ import annotations

from abusedesk.core.queueing import wake
from detectors import stream
from detectors.models import Cursor, Shard, Stream
from detectors.services.config import ensure_configs
from detectors.services.drain import drain
from detectors.services.heartbeat import beat_idle_streams
from detectors.services.letter_job import wake_jobs
from detectors.services.run import ensure_shards, shards_of, step_shard
from detectors.stream import Position


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
        if _cursor(f"count-{stream_id}") < end:
            wake("detectors.count_stream", stream_id)
    wake("detectors.fuse")
    wake_jobs()


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


def _cursor(name: str) -> Position:
    row = Cursor.objects.filter(name=name).first()
    return Position(row.epoch, row.tx, row.signal_id) if row else Position()
