"""Advances detector shards: cursor, checkpoint and findings move in one transaction.

The kept state of a shard is a function of the signals up to its cursor, so it is not written for
every batch: a process holds it in memory, a checkpoint is stored now and then in the transaction
that moves the cursor, and whoever takes a shard over replays what came since. Why, with numbers:
docs/decisions/0001-state-is-a-checkpoint-plus-replay.md.
"""

from __future__ import annotations

import gc
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from abusedesk.core import clock
from abusedesk.core.queueing import wake
from detectors import registry, stream
from detectors.engine import Cut, Event, Found, Runner, Ticked, tick_drafts
from detectors.keyed import PoisonError
from detectors.models import Checkpoint, Quarantine, Shard, TickPart
from detectors.running import running
from detectors.services.cuts import Reader, cut_of, forget_cuts, known_cut
from detectors.services.finding import record_findings, replace_findings
from detectors.stream import Page, Position

BATCH = 4_000
"""A step takes a handful of statements, however few signals concern a detector. What is computed
for all texts of a page at once is kept for as many (`comparables.py`)."""
CHECKPOINT_SIGNALS = 20_000
MAX_ATTEMPTS = 3
MAX_WAITING_TICKS = 8
TICKED_SLICE = 50
"""Signals of a detector with ticks after which the time is looked at."""
STEP_S = 2.0


@dataclass(slots=True)
class _Held:
    """A runner in this process's memory and the position it has reached."""

    runner: Runner
    position: Position
    since_checkpoint: int


@dataclass(frozen=True, slots=True)
class _Ready:
    """The next page of a shard and its keys, found before the shard is locked."""

    after: Position
    page: Page
    cut: Cut
    skipped: frozenset[int]


_held: dict[int, _Held] = {}


def forget_runners() -> None:
    """Drop what this process holds; the next step reads it from the database again."""
    _held.clear()
    forget_cuts()


def shards_of(stream_id: int, number: int | None = None) -> list[int]:
    """Shards that the configurations which run have on one stream.

    number: only those of this number, one of each detector.
    """
    found = Shard.objects.filter(running("config__"), stream_id=stream_id)
    if number is not None:
        found = found.filter(number=number)
    named = found.order_by("number", "config__slug", "config__number")
    return list(named.values_list("pk", flat=True))


def step_shards(*, shards: Sequence[int]) -> int:
    """Advance each shard by one batch. Returns how many signals that took, 0 when all are done."""
    with collected_later():
        return sum(step_shard(shard_id=shard) for shard in shards)


@contextmanager
def collected_later() -> Iterator[None]:
    """Work without the garbage collector, which runs once at the end.

    What a detector remembers holds no cycles and lives for days: the collector, which would look at
    all of it again and again, is told to leave alone what is there then.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def step_shard(*, shard_id: int) -> int:
    """Advance one shard by one batch. Returns how many signals it took; 0 when there is no work.

    A shard that another worker holds is left alone.
    """
    try:
        ready = _prepare(shard_id)
        if ready is None:
            return 0
        with transaction.atomic():
            return _step(shard_id, ready)
    except PoisonError as error:
        _held.pop(shard_id, None)
        _note_failure(shard_id, error.signal_id, "".join(traceback.format_exception(error)))
    except Exception as error:  # task border: kept on the row, retried smaller
        _held.pop(shard_id, None)
        _note_failure(shard_id, None, "".join(traceback.format_exception(error)))
    return 1


@transaction.atomic
def checkpoint_shard(*, shard_id: int) -> bool | None:
    """Store the state of a shard where it stands, so that nothing before is replayed again.

    Returns False when it got only part of the way there, None when a worker holds the shard.
    """
    shard = _locked(shard_id)
    if shard is None:
        return None
    position = position_of(shard)
    held = _take(shard, position)
    is_there = _replay(shard, held, position)
    _keep_checkpoint(shard, held)
    return is_there


def runner_at(shard: Shard) -> Runner:
    """The state of a shard where it stands."""
    position = position_of(shard)
    held = _take(shard, position)
    while not _replay(shard, held, position):
        held.since_checkpoint = 0
    return held.runner


def _prepare(shard_id: int) -> _Ready | None:
    """Read on from where a shard stands. None when there is nothing to read."""
    shard = Shard.objects.select_related("config", "stream").get(pk=shard_id)
    after = position_of(shard)
    page = stream.read(shard.stream_id, after, shard.limit or BATCH)
    if not page.signals:
        return None
    near = page.until(_next_sister(shard, after))
    page = near if near.signals else page  # what lay up to the sister may have been purged
    skipped = _skipped(shard)
    return _Ready(after, page, cut_of(reader_of(shard), after, page, skipped), skipped)


def _next_sister(shard: Shard, after: Position) -> Position | None:
    """The nearest place ahead where another shard stands.

    Ending there, shards that fell apart come to read the same pages again.
    """
    if shard.of == 1:
        return None
    sisters = Shard.objects.filter(config=shard.config, stream=shard.stream).exclude(pk=shard.pk)
    places = [position_of(sister) for sister in sisters]
    return min((place for place in places if place > after), default=None)


def _step(shard_id: int, ready: _Ready) -> int:
    shard = _locked(shard_id)
    if shard is None or _tick_jam(shard):
        return 0
    page, position = ready.page, position_of(shard)
    if position != ready.after:  # another worker was faster
        return 1
    held = _take(shard, position)
    if _replay(shard, held, position):
        taken = _feed(shard, held.runner, ready)
        held.position = page.positions[taken - 1]
        held.since_checkpoint += taken
        _save(shard, held, taken)
    else:
        _keep_checkpoint(shard, held)
    transaction.on_commit(lambda: _held.__setitem__(shard_id, held))
    return len(page.signals)


def _feed(shard: Shard, runner: Runner, ready: _Ready) -> int:
    """Go over the page and store what is found; how many signals were taken.

    Where many ticks fall into one page, only its beginning is: whoever makes a new partition waits
    for this transaction, and posts wait for that.
    """
    signals = ready.page.signals
    size = TICKED_SLICE if runner.detector.meta.tick_s else len(signals)
    deadline = time.monotonic() + STEP_S
    for start in range(0, len(signals), size):
        part = signals[start : start + size]
        events = runner.feed(part, ready.skipped, ready.cut.part(start, start + size))
        _record(shard, runner, events)
        if time.monotonic() > deadline:
            return start + len(part)
    return len(signals)


def _locked(shard_id: int) -> Shard | None:
    """The shard until commit, unless somebody else has it."""
    return (
        Shard.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("config", "stream")
        .filter(pk=shard_id)
        .first()
    )


def _take(shard: Shard, position: Position) -> _Held:
    """The runner of a shard, not beyond `position`.

    It leaves the process's memory until the commit: after a rollback it would be ahead of the
    cursor. Where others went on meanwhile, their checkpoint may be nearer than what is held.
    """
    held = _held.pop(shard.pk, None)
    if held is None or held.position > position:
        return _restore(shard)
    if held.position < position:
        saved = Checkpoint.objects.filter(shard=shard).first()
        if saved and held.position < position_of(saved):
            return _restore(shard)
    return held


def _replay(shard: Shard, held: _Held, position: Position) -> bool:
    """Rebuild the state up to `position`. False when there is more than one step may take.

    More than lies between two checkpoints has to be replayed only after a release that keeps
    another state.
    """
    while held.position < position:
        if held.since_checkpoint >= _checkpoint_every(held):
            return False
        page = stream.read(shard.stream_id, held.position, BATCH)
        part = page.until(position)
        cut = known_cut(reader_of(shard), held.position, part)
        held.runner.feed(part.signals, _skipped(shard), cut)
        # The signal at `position`, and all before it, may have been purged.
        held.position = part.last if part.signals and part is page else position
        held.since_checkpoint += len(part.signals)
    return True


def _restore(shard: Shard) -> _Held:
    """The runner as the last checkpoint had it, or a new one.

    Where another release wrote the checkpoint, the signals of the lookback tell the state again.
    """
    reader = reader_of(shard)
    runner = Runner(
        reader.detector,
        reader.params,
        shard=shard.number,
        of=shard.of,
        tick_floor_s=shard.stream.tick_floor_s,
        recall=stream.signals_by_id,
    )
    saved = Checkpoint.objects.filter(shard=shard).first()
    if saved is None:
        return _Held(runner, Position(), 0)
    if not runner.load(saved.clock_s, bytes(saved.payload)):
        return _Held(runner, lookback_start(shard, saved.clock_s), 0)
    return _Held(runner, position_of(saved), 0)


def reader_of(shard: Shard) -> Reader:
    """Whose keys a shard wants."""
    detector = registry.get(shard.config.slug)(settings.SECRET_KEY.encode(), tell=stream.told_by)
    params = detector.Params.model_validate(shard.config.params)
    return Reader(shard.config_id, shard.stream_id, detector, params, shard.of)


def position_of(row: Shard | Checkpoint) -> Position:
    """Where a shard, or its kept state, stands."""
    return Position(row.epoch, row.tx, row.signal_id)


def _record(shard: Shard, runner: Runner, events: list[Event]) -> None:
    found = [event for event in events if isinstance(event, Found)]
    changed = record_findings(config=shard.config, stream=shard.stream, found=found)
    for event in events:
        if isinstance(event, Ticked):
            changed += _tick(shard, runner, event)
    if changed:
        wake("detectors.fuse")


def _tick(shard: Shard, runner: Runner, ticked: Ticked) -> int:
    """Hand in this shard's part; whoever hands in the last one runs the tick.

    The lock makes two last ones see each other. Parts of one shard come in order, so ticks do.
    """
    if shard.of == 1:
        return _finish_tick(shard, runner, ticked, [ticked.part])
    mine = {"config": shard.config, "stream": shard.stream, "tick_s": ticked.at}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [shard.config_id, shard.stream_id])
    TickPart.objects.create(
        **mine, number=shard.number, signal_id=ticked.signal_id, payload=ticked.part
    )
    parts = TickPart.objects.filter(**mine).order_by("number")
    if parts.count() < shard.of:
        return 0
    told = [bytes(part.payload) for part in parts]
    changed = _finish_tick(shard, runner, ticked, told)
    parts.delete()
    return changed


def _finish_tick(shard: Shard, runner: Runner, ticked: Ticked, parts: list[bytes]) -> int:
    """By the detector of a runner, which remembers what it compared at the tick before."""
    drafts = tick_drafts(runner.detector, runner.params, ticked.at, parts, stream.signals_by_id)
    found = [Found(ticked.at, ticked.signal_id, draft) for draft in drafts]
    return replace_findings(config=shard.config, stream=shard.stream, at=ticked, found=found)


def _tick_jam(shard: Shard) -> bool:
    """Whether this shard is so far ahead of its sisters that their tick parts would pile up."""
    if shard.of == 1:
        return False
    waiting = TickPart.objects.filter(config=shard.config, stream=shard.stream, number=shard.number)
    return waiting.count() >= MAX_WAITING_TICKS


def _save(shard: Shard, held: _Held, count: int) -> None:
    """Move the cursor; store a checkpoint when replaying would cost more than writing it."""
    shard.epoch, shard.tx, shard.signal_id = held.position
    shard.clock_s = held.runner.clock
    shard.late = held.runner.late
    shard.truncated = held.runner.truncated
    shard.signals += count
    shard.updated_at = clock.now()
    shard.attempts, shard.limit, shard.error = 0, min(shard.limit * 2, BATCH), ""
    shard.save()
    if held.since_checkpoint >= _checkpoint_every(held):
        _keep_checkpoint(shard, held)


def _checkpoint_every(held: _Held) -> int:
    """Signals after which replaying costs more than writing the state."""
    return max(CHECKPOINT_SIGNALS, len(held.runner) // 2)


def _keep_checkpoint(shard: Shard, held: _Held) -> None:
    save_checkpoint(shard, held.runner, held.position)
    held.since_checkpoint = 0


def save_checkpoint(shard: Shard, runner: Runner, position: Position) -> None:
    """Store the state of a shard at a position."""
    values = {
        "epoch": position.epoch,
        "tx": position.tx,
        "signal_id": position.signal_id,
        "clock_s": runner.clock,
        "payload": runner.dump(),
    }
    Checkpoint.objects.update_or_create(shard=shard, defaults=values)


def _skipped(shard: Shard) -> frozenset[int]:
    rows = Quarantine.objects.filter(config_id=shard.config_id)
    return frozenset(rows.values_list("signal_id", flat=True))


@transaction.atomic
def _note_failure(shard_id: int, signal_id: int | None, text: str) -> None:
    """Keep the error on the shard and narrow the batch; a single culprit is set aside."""
    shard = Shard.objects.select_for_update(no_key=True).get(pk=shard_id)
    shard.error = text[-8_000:]
    shard.attempts += 1
    shard.updated_at = clock.now()
    if signal_id is None:
        limit = shard.limit or BATCH
        position = position_of(shard)
        if limit == 1 and (page := stream.read(shard.stream_id, position, 1)).signals:
            signal_id = page.signals[0].id
        shard.limit = max(1, limit // 2)
    if signal_id is not None and shard.attempts >= MAX_ATTEMPTS:
        Quarantine.objects.get_or_create(
            config_id=shard.config_id, signal_id=signal_id, defaults={"traceback": shard.error}
        )
        shard.attempts = 0
    shard.save()


def lookback_start(shard: Shard, clock_s: float) -> Position:
    """Where the lookback begins: what is older cannot change what is found from now on."""
    horizon = clock_s - registry.get(shard.config.slug).meta.lookback_s
    return stream.before_time(shard.stream_id, horizon)
