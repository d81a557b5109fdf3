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
from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors import registry, stream
from detectors.backtest.trial import CURRENT, PROPOSED, Variant
from detectors.base import Signal as Act
from detectors.choices import BacktestState
from detectors.keyed import PoisonError
from detectors.models import Backtest, Stream
from detectors.policy import require
from detectors.selectors.config import detector_by_slug, params_of
from detectors.services.alone import alone
from detectors.services.backtest_result import keep_result
from detectors.services.config import checked_params
from detectors.services.run import collected_later
from detectors.services.source import live_stream
from detectors.stream import Position
from detectors.timeline import usual_line

BATCH: Final = 4_000
CHECKPOINT_S: Final = 20.0
BUDGET_S: Final = 30.0
"""After so long the worker looks whether something else waits."""
MAX_DAYS: Final = 366
MAX_RUNNING: Final = 4
MAX_SKIPPED: Final = 100
ERROR_CHARS: Final = 4_000
_LANES: Final = 0x6261_636B_0000_0000  # "back": advisory locks of this kind


@dataclass(slots=True)
class _Trial:
    """Both settings in this process's memory, and the place that they have reached."""

    variants: dict[str, Variant]
    place: Position
    signals: int


def start_backtest(
    *,
    actor: User,
    slug: str,
    params: Mapping[str, Any],
    since: datetime,
    until: datetime,
    sources: Sequence[int] = (),
    line: str = "",
) -> Backtest:
    """Compare these parameters with those in force, over the signals of a window.

    line: slug of the time-line; without it the live one, or the newest import on a desk to which
    nothing was posted yet. Raises ForbiddenError, NotFoundError, InvalidError naming the field, or
    ConflictError when too many run already.
    """
    require(actor, "detector.backtest")
    detector_by_slug(slug, actor)
    proposed = checked_params(slug, params)
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
            params=run.proposed,
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
    trial = _restored(run)
    while True:
        page = stream.read(run.stream_id, trial.place, BATCH)
        try:
            _feed(run, trial, page.signals)
        except PoisonError as error:
            _skip(run, error)
            return False
        if page.signals:
            trial.place = page.last
            trial.signals += len(page.signals)
        if not page.signals or _clock(trial) > run.until.timestamp():
            keep_result(run=run, variants=trial.variants, signals=trial.signals)
            return True
        if not _keep_progress(run, trial):
            return True
        if time.monotonic() - began >= BUDGET_S:
            break
    _keep_checkpoint(run, trial, time.monotonic() - began)
    return False


def _feed(run: Backtest, trial: _Trial, signals: Sequence[Act]) -> None:
    """Those of other sources, of after the window and those that poison move the clock only."""
    end, wanted, aside = run.until.timestamp(), set(run.sources), set(run.skipped)
    skip = {
        one.id
        for one in signals
        if one.moment > end or one.id in aside or (wanted and one.source not in wanted)
    }
    for variant in trial.variants.values():
        variant.feed(signals, skip)


def _clock(trial: _Trial) -> float:
    return trial.variants[CURRENT].clock_s


def _restored(run: Backtest) -> _Trial:
    """As the last checkpoint had it; from the beginning where another release wrote that."""
    detector = registry.get(run.slug)(settings.SECRET_KEY.encode())
    variants = {
        name: Variant(
            detector,
            detector.Params.model_validate(params),
            recall=stream.signals_by_id,
            tick_floor_s=run.stream.tick_floor_s,
        )
        for name, params in ((CURRENT, run.current), (PROPOSED, run.proposed))
    }
    if run.payload is not None:
        dumps = msgspec.msgpack.decode(bytes(run.payload), type=dict[str, bytes])
        if all(variants[name].load(dumps[name]) for name in variants):
            return _Trial(variants, Position(run.epoch, run.tx, run.signal_id), run.signals)
    return _Trial(variants, stream.before_time(run.stream_id, _begin_s(run)), 0)


def _begin_s(run: Backtest) -> float:
    """What is older than the lookback before the window cannot change what is found in it."""
    return run.since.timestamp() - registry.get(run.slug).meta.lookback_s


def _keep_progress(run: Backtest, trial: _Trial) -> bool:
    """Tell how far it is. Returns False when somebody has cancelled it."""
    begin = _begin_s(run)
    share = (_clock(trial) - begin) / (run.until.timestamp() - begin)
    mine = Backtest.objects.filter(pk=run.pk, state=BacktestState.RUNNING)
    return bool(mine.update(share=min(max(share, 0.0), 1.0)))


def _keep_checkpoint(run: Backtest, trial: _Trial, worked_s: float) -> None:
    dumps = {name: variant.dump() for name, variant in trial.variants.items()}
    Backtest.objects.filter(pk=run.pk, state=BacktestState.RUNNING).update(
        payload=msgspec.msgpack.encode(dumps),
        signals=trial.signals,
        worked_s=run.worked_s + worked_s,
        **trial.place._asdict(),
    )


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
