"""Backtests: reads stored signals with two settings of a detector, a stretch at a time."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors import registry, stream
from detectors.backtest.trial import CURRENT, PROPOSED, Variant, feed_all
from detectors.base import Signal as Act
from detectors.choices import BacktestState
from detectors.keyed import PoisonError
from detectors.models import Backtest, Stream
from detectors.policy import require
from detectors.selectors.config import detector_by_slug, params_of
from detectors.services.alone import alone
from detectors.services.backtest_result import keep_result
from detectors.services.backtest_sweep import keep_sweep
from detectors.services.config import checked_params
from detectors.services.run import collected_later
from detectors.services.source import live_stream
from detectors.stream import Position, Wanted
from detectors.sweeping import Sweep, checked_sweep
from detectors.timeline import usual_line

BATCH: Final = 4_000
CHECKPOINT_S: Final = 120.0
"""Work after which the state is stored: to write it costs about as much as to read a tenth of this.
Between the turns of a worker it stays in its memory."""
CHECKPOINT_KEYS: Final = 1_500_000
"""With more keys a state is too large for a row: after a kill such a run begins again."""
BUDGET_S: Final = 30.0
"""After so long the worker looks whether something else waits."""
MAX_DAYS: Final = 366
MAX_RUNNING: Final = 4
MAX_SKIPPED: Final = 100
ERROR_CHARS: Final = 4_000
_LANES: Final = 0x6261_636B_0000_0000  # "back": advisory locks of this kind


@dataclass(slots=True)
class _Trial:
    """All settings in this process's memory, and the place that they have reached."""

    variants: dict[str, Variant]
    place: Position
    signals: int
    unsaved_s: float = 0.0


_held: dict[tuple[str, int, datetime], _Trial] = {}
"""What this process has begun: database, run and its beginning -> its state."""


def forget_trials() -> None:
    """Drop what this process holds, as when it is killed."""
    _held.clear()


def start_backtest(
    *,
    actor: User,
    slug: str,
    params: Mapping[str, Any],
    since: datetime,
    until: datetime,
    sources: Sequence[int] = (),
    line: str = "",
    sweep: Sweep | None = None,
) -> Backtest:
    """Compare these parameters with those in force, over the signals of a window.

    line: slug of the time-line; without it the live one, or the newest import on a desk to which
    nothing was posted yet. sweep: values of one parameter to try in place of `params`. Raises
    ForbiddenError, NotFoundError, InvalidError naming the field, or ConflictError when too many
    run already.
    """
    require(actor, "detector.backtest")
    detector_by_slug(slug, actor)
    proposed = checked_params(slug, params_of(slug) if sweep else params)
    told = checked_sweep(slug, sweep) if sweep else {}
    _check_window(since, until)
    if Backtest.objects.filter(state=BacktestState.RUNNING).count() >= MAX_RUNNING:
        message = f"{MAX_RUNNING} backtests are running. Wait for one, or cancel it."
        raise ConflictError(message)
    with transaction.atomic():
        run = Backtest.objects.create(
            slug=slug,
            stream=_line(line),
            current=params_of(slug),
            proposed=proposed.model_dump(mode="json"),
            sweep=told,
            since=since,
            until=until,
            sources=sorted(set(sources)),
            actor=actor,
        )
        audit.append(
            actor=actor,
            verb=Verb.BACKTEST_STARTED,
            target=run,
            detector=slug,
            since=since.isoformat(),
            until=until.isoformat(),
            params=told or run.proposed,
        )
        wake("detectors.backtest", run.pk)
    return run


@transaction.atomic
def cancel_backtest(*, actor: User, run: Backtest) -> Backtest:
    """Stop it; what it read is forgotten. Raises ForbiddenError, or ConflictError when it ended."""
    require(actor, "detector.backtest")
    if not _end(run.pk, BacktestState.CANCELLED):
        message = "This backtest is not running any more."
        raise ConflictError(message)
    audit.append(actor=actor, verb=Verb.BACKTEST_CANCELLED, target=run, detector=run.slug)
    run.refresh_from_db()
    return run


def run_backtest(*, run_id: int) -> None:
    """Go on for a while; wakes itself when there is more to read."""
    with alone(_LANES + run_id) as held:
        if not held:
            return
        try:
            with collected_later():
                is_done = _work(run_id)
        except Exception:  # task border: kept on the row, where a person reads it
            error = traceback.format_exc()[-ERROR_CHARS:]
            _end(run_id, BacktestState.FAILED, error=error)
            return
    if not is_done:
        wake("detectors.backtest", run_id)


def wake_backtests() -> None:
    """Wake what a lost message forgot."""
    running = Backtest.objects.filter(state=BacktestState.RUNNING)
    for run_id in running.values_list("pk", flat=True):
        wake("detectors.backtest", run_id)


def _check_window(since: datetime, until: datetime) -> None:
    if until <= since:
        message = "The end must lie after the beginning."
        raise InvalidError(message, field="until")
    if until > clock.now():
        message = "The end must not lie in the future."
        raise InvalidError(message, field="until")
    if until - since > timedelta(days=MAX_DAYS):
        message = f"A backtest spans at most {MAX_DAYS} days."
        raise InvalidError(message, field="since")


def _line(slug: str) -> Stream:
    if slug:
        found = Stream.objects.filter(slug=slug).first()
        if found is None:
            message = f"There is no time-line called {slug}."
            raise InvalidError(message, field="stream")
        return found
    return usual_line() or live_stream()


def _work(run_id: int) -> bool:
    """Read until the end or until the time is up. Returns whether there is nothing more to do."""
    run = Backtest.objects.select_related("stream").filter(pk=run_id).first()
    if run is None or run.state != BacktestState.RUNNING:
        return True
    began = time.monotonic()
    trial = _held.pop(_key(run), None) or _restored(run)
    wanted = Wanted(registry.get(run.slug).meta.kinds, run.sources, run.until)
    while True:
        page = stream.read_for(run.stream_id, trial.place, BATCH, wanted)
        try:
            _feed(run, trial, page.signals)
        except PoisonError as error:
            _skip(run, error)
            return False
        if page.signals:
            trial.place = page.last
            trial.signals += len(page.signals)
        if not page.signals or _clock(trial) > run.until.timestamp():
            keep = keep_sweep if run.sweep else keep_result
            keep(run=run, variants=trial.variants, signals=trial.signals)
            return True
        if not _keep_progress(run, trial):
            return True
        if time.monotonic() - began >= BUDGET_S:
            break
    _set_aside(run, trial, time.monotonic() - began)
    return False


def _feed(run: Backtest, trial: _Trial, signals: Sequence[Act]) -> None:
    """Those of other sources, of after the window and those that poison move the clock only."""
    end, wanted, aside = run.until.timestamp(), set(run.sources), set(run.skipped)
    skip = {
        one.id
        for one in signals
        if one.moment > end or one.id in aside or (wanted and one.source not in wanted)
    }
    feed_all(trial.variants.values(), signals, skip)


def _clock(trial: _Trial) -> float:
    return trial.variants[CURRENT].clock_s


def _restored(run: Backtest) -> _Trial:
    """As the last checkpoint had it; from the beginning where another release wrote that."""
    detector = registry.get(run.slug)(settings.SECRET_KEY.encode(), tell=stream.told_by)
    variants = {
        name: Variant(
            detector,
            detector.Params.model_validate(params),
            recall=stream.signals_by_id,
            tick_floor_s=run.stream.tick_floor_s,
        )
        for name, params in _settings_of(run).items()
    }
    if run.payload is not None:
        dumps = msgspec.msgpack.decode(bytes(run.payload), type=dict[str, bytes])
        if dumps.keys() == variants.keys() and all(
            variants[name].load(dumps[name]) for name in variants
        ):
            return _Trial(variants, Position(run.epoch, run.tx, run.signal_id), run.signals)
    return _Trial(variants, stream.before_time(run.stream_id, _begin_s(run)), 0)


def _settings_of(run: Backtest) -> dict[str, dict[str, Any]]:
    """The settings that run side by side, by the name of their variant."""
    if not run.sweep:
        return {CURRENT: run.current, PROPOSED: run.proposed}
    name = run.sweep["name"]
    tried = {f"{name}={value}": {**run.current, name: value} for value in run.sweep["values"]}
    return {CURRENT: run.current, **tried}


def _begin_s(run: Backtest) -> float:
    """What is older than the lookback before the window cannot change what is found in it."""
    return run.since.timestamp() - registry.get(run.slug).meta.lookback_s


def _keep_progress(run: Backtest, trial: _Trial) -> bool:
    """Tell how far it is. Returns False when somebody has cancelled it."""
    begin = _begin_s(run)
    share = (_clock(trial) - begin) / (run.until.timestamp() - begin)
    mine = Backtest.objects.filter(pk=run.pk, state=BacktestState.RUNNING)
    return bool(mine.update(share=min(max(share, 0.0), 1.0)))


def _set_aside(run: Backtest, trial: _Trial, worked_s: float) -> None:
    """Keep the state until the next turn: here, and from time to time where others find it."""
    mine = Backtest.objects.filter(pk=run.pk, state=BacktestState.RUNNING)
    trial.unsaved_s += worked_s
    keys = sum(len(variant) for variant in trial.variants.values())
    told: dict[str, Any] = {"worked_s": run.worked_s + worked_s}
    if trial.unsaved_s >= CHECKPOINT_S and keys <= CHECKPOINT_KEYS:
        dumps = {name: variant.dump() for name, variant in trial.variants.items()}
        payload = msgspec.msgpack.encode(dumps)
        told |= {"payload": payload, "signals": trial.signals, **trial.place._asdict()}
        trial.unsaved_s = 0.0
    if mine.update(**told):
        _held[_key(run)] = trial


def _key(run: Backtest) -> tuple[str, int, datetime]:
    return str(connection.settings_dict["NAME"]), run.pk, run.created_at


def _skip(run: Backtest, error: PoisonError) -> None:
    """Go on without that signal, from the last checkpoint, as a shard does."""
    skipped = [*run.skipped, error.signal_id]
    if len(skipped) > MAX_SKIPPED:
        raise error
    Backtest.objects.filter(pk=run.pk).update(skipped=skipped)


def _end(run_id: int, state: BacktestState, **told: str) -> bool:
    """Whether it was running until now."""
    running = Backtest.objects.filter(pk=run_id, state=BacktestState.RUNNING)
    return bool(running.update(state=state, finished_at=clock.now(), payload=None, **told))
