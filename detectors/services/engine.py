"""Drives the consumers of the signal stream: who has work, and for how long it works."""

from __future__ import annotations

from django.conf import settings

from abusedesk.core.queueing import wake
from detectors import stream
from detectors.models import Cursor, Shard, Stream
from detectors.services import complaints, promotion, scenario
from detectors.services.alone import alone
from detectors.services.backtest import wake_backtests
from detectors.services.config import ensure_configs
from detectors.services.cuts import drop_passed
from detectors.services.drain import drain
from detectors.services.heartbeat import beat_idle_streams
from detectors.services.letter_job import wake_jobs
from detectors.services.purge import forget_purged_pages
from detectors.services.run import shards_of, step_shards
from detectors.services.shards import ensure_shards
from detectors.services.watch_change import is_due
from detectors.stream import Position

MAX_SHARDS = 256
_LANES = 0x6C61_6E65_0000_0000  # "lane": advisory locks of this kind


def sweep() -> None:
    """Wake whoever has work. A lost message costs one sweep interval, nothing else."""
    ensure_configs()
    ensure_shards()
    beat_idle_streams()
    for stream_id in Stream.objects.values_list("pk", flat=True):
        end = stream.newest(stream_id)
        for number in lagging_shards(stream_id, end):
            wake("detectors.advance", stream_id, number)
        if _cursor(f"link-{stream_id}") < end:
            wake("detectors.link", stream_id)
        if _cursor(f"count-{stream_id}") < end:
            wake("detectors.count_stream", stream_id)
        if _cursor(complaints.place_of(stream_id)) < end:
            wake(settings.ON_SIGNALS_TASK, stream_id)
    if is_due():
        wake("detectors.watch")
    if promotion.is_due():
        wake("detectors.promote")
    if scenario.is_due():
        wake("detectors.erase_scenarios")
    wake("detectors.watch_rates")
    drop_passed()
    wake("detectors.fuse")
    wake_jobs()
    wake_backtests()


def advance(*, stream_id: int, number: int = 0) -> None:
    """Step the shards of one number, one of each detector, so that they share each decoded page.

    Other workers take other numbers; of two that are woken for one, the second leaves it to the
    first. Stops when nothing is left, or after BUDGET_S with a wake-up for the rest.
    """
    ensure_shards()
    forget_purged_pages()
    # two who take turns would each do all the work
    with alone(_LANES + stream_id * MAX_SHARDS + number) as held:
        if not held:
            return
        shards = shards_of(stream_id, number)
        done = drain(lambda: step_shards(shards=shards))
    if not done:
        wake("detectors.advance", stream_id, number)


def lagging_shards(stream_id: int, end: Position) -> list[int]:
    """Numbers of the shards of a stream of which some detector's has not reached `end`."""
    rows = Shard.objects.filter(pk__in=shards_of(stream_id))
    behind = (row for row in rows if Position(row.epoch, row.tx, row.signal_id) < end)
    return sorted({row.number for row in behind})


def _cursor(name: str) -> Position:
    row = Cursor.objects.filter(name=name).first()
    return Position(row.epoch, row.tx, row.signal_id) if row else Position()
