"""Verifies and purges, one bounded step a transaction; killed anywhere, it goes on from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg import errors

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from detectors import partitions, stream
from detectors.choices import PurgeState
from detectors.models import (
    Checkpoint,
    Cursor,
    DetectorConfig,
    Hold,
    PurgeRun,
    RetentionRule,
    Shard,
    Stream,
)
from detectors.purging import counting, deleting
from detectors.purging.plan import InUse, Month, Plan, ReadTo, Rule, digest, load, load_months
from detectors.running import running
from detectors.services.retention import require_admin
from detectors.services.run import checkpoint_shard
from detectors.stream import Position

VALID: Final = timedelta(hours=24)
PURGE_LOCK: Final = 0x5055_5247  # "PURG": a step of a purge, and who places a hold
WORKING: Final = (PurgeState.COUNTING, PurgeState.PURGING)


class _ChangedError(Exception):
    """The store is not what was verified."""


@transaction.atomic
def begin_verify(*, actor: User | None, in_use: InUse) -> PurgeRun:
    """Fix what a purge would rest on; `step_run` counts. actor: None is the operator at the shell.

    in_use: what cases rest on, and stays.
    """
    if actor is not None:
        require_admin(actor=actor)
    plan = Plan(
        at=clock.now(),
        rules=_rules(),
        read=_read(),
        holds=tuple(Hold.objects.filter(released_at=None).values_list("pk", flat=True)),
        campaigns=tuple(sorted(in_use.campaigns)),
        signals=tuple(sorted(in_use.signals)),
    )
    newest = plan.newest_cutoff
    months = [
        Month(str(month))
        for month in partitions.existing_months()
        if newest is not None and month.start < newest
    ]
    return PurgeRun.objects.create(
        plan=msgspec.to_builtins(plan), months=msgspec.to_builtins(months), created_by=actor
    )


@transaction.atomic
def start_purge(*, actor: User | None, run: PurgeRun, signals: int) -> PurgeRun:
    """Begin to delete what was verified; `step_run` does it.

    signals: how many the caller thinks will go. Raises InvalidError when that is not the verified
    number, ConflictError when the plan is not valid any more or another purge runs.
    """
    if actor is not None:
        require_admin(actor=actor)
    locked = PurgeRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    _require_valid(locked)
    if signals != locked.signals:
        message = f"Type the number of signals that will go: {locked.signals}."
        raise InvalidError(message, field="signals")
    locked.state, locked.started_by, locked.started_at = PurgeState.PURGING, actor, clock.now()
    try:
        with transaction.atomic():
            locked.save(update_fields=["state", "started_by", "started_at"])
    except IntegrityError:
        message = "Another purge is running: start this one when it is done."
        raise ConflictError(message) from None
    audit.append(
        actor=actor,
        verb=Verb.PURGE_STARTED,
        target=locked,
        signals=locked.signals,
        letters=locked.letters,
        digest=locked.digest,
    )
    return locked


@transaction.atomic
def stop_purge(*, actor: User, run: PurgeRun) -> PurgeRun:
    """End a purge between two of its steps; what is gone is gone. Raises ConflictError."""
    require_admin(actor=actor)
    locked = PurgeRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.state != PurgeState.PURGING:
        message = f"This plan is {locked.get_state_display().lower()}; there is nothing to stop."
        raise ConflictError(message)
    _end(locked, actor, f"{actor} stopped it.")
    return locked


def step_run(*, run_id: int, in_use: InUse) -> int:
    """Count or delete the next piece. Returns 0 when there is nothing to do now.

    in_use: what cases rest on, and stays.
    """
    try:
        with transaction.atomic():
            return _step(run_id, in_use)
    except _ChangedError as error:
        _stop(run_id, str(error))
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
            raise
    return 0


def working_runs() -> list[int]:
    """Runs that have something left to count or to delete."""
    return list(
        PurgeRun.objects.filter(state__in=WORKING).order_by("pk").values_list("pk", flat=True)
    )


def forget_purged_pages() -> None:
    """Drop what this process keeps of the store if a purge went on since it last asked."""
    newest = PurgeRun.objects.filter(gone_signals__gt=0).order_by("-updated_at")
    stream.forget_pages_before(newest.values_list("updated_at", flat=True).first())


def _step(run_id: int, in_use: InUse) -> int:
    run = (
        PurgeRun.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=run_id, state__in=WORKING)
        .first()
    )
    if run is None:
        return 0
    plan, months = load(run.plan), load_months(run.months)
    if run.state == PurgeState.COUNTING:
        took = _count_next(run, plan, months, in_use)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PURGE_LOCK])
        took = _purge_next(run, plan, months, in_use)
    run.updated_at = clock.now()
    run.save()
    if run.state == PurgeState.VERIFIED:
        _tell(run, Verb.PURGE_VERIFIED, run.created_by, signals=run.signals, letters=run.letters)
    if run.state == PurgeState.DONE:
        gone = {"signals": run.gone_signals, "letters": run.gone_letters}
        _tell(run, Verb.PURGE_DONE, run.started_by, **gone, entities=run.gone_entities)
    return took


def _count_next(run: PurgeRun, plan: Plan, months: list[Month], in_use: InUse) -> int:
    for at, entry in enumerate(months):
        if not entry.counted:
            months[at] = counting.count_month(plan, _month(entry), in_use)
            months[at].counted = True
            run.months = msgspec.to_builtins(months)
            return 1
    touched = [entry for entry in months if entry.lines]
    letters = counting.count_letters(plan)
    run.signals = sum(entry.goes for entry in touched)
    run.bytes = sum(entry.freed for entry in touched)
    for fate in (counting.HELD, counting.CITED, counting.UNREAD):
        setattr(run, fate, sum(entry.of(fate) for entry in touched))
    run.letters, run.letter_lines = sum(count for _, count, _ in letters), letters
    run.months, run.digest = msgspec.to_builtins(touched), digest(plan, touched, letters)
    run.state, run.verified_at = PurgeState.VERIFIED, clock.now()
    return 1


def _purge_next(run: PurgeRun, plan: Plan, months: list[Month], in_use: InUse) -> int:
    """The first thing that is left: states to save, counts to check, months, items, entities."""
    open_months = [entry for entry in months if not entry.done]
    unchecked = [entry for entry in open_months if not entry.checked]
    if unchecked:
        saved = _save_next(run, plan)
        if saved is not None:
            return saved
        _check_letters(run, plan)
        _check(unchecked[0], plan, in_use)
    elif open_months:
        _delete(run, plan, open_months[0], in_use)
    elif run.gone_letters < run.letters:
        _delete_letters(run, plan)
    elif not _delete_entities(run, plan):
        run.state, run.finished_at = PurgeState.DONE, clock.now()
    run.months = msgspec.to_builtins(months)
    return 1


def _save_next(run: PurgeRun, plan: Plan) -> int | None:
    """Save the next state that is not saved beyond what will go; None: all are, 0: it must wait.

    After an ordinary restart a shard replays what came since its checkpoint: that must be there.
    """
    saved = {
        row.shard_id: Position(row.epoch, row.tx, row.signal_id)
        for row in Checkpoint.objects.defer("payload")
    }
    read = {line.stream: Position(*line[1:]) for line in plan.read}
    for shard in _shards().filter(stream__in=read):
        if saved.get(shard.pk, Position()) >= read[shard.stream_id]:
            continue
        is_behind = Position(shard.epoch, shard.tx, shard.signal_id) < read[shard.stream_id]
        must_wait = is_behind or checkpoint_shard(shard_id=shard.pk) is None
        slug = shard.config.slug
        run.said = f"Waits until {slug} has read and saved what will go." if must_wait else ""
        return int(not must_wait)
    return None


def _check(entry: Month, plan: Plan, in_use: InUse) -> Month:
    """Count a month again; what came later only makes it be deleted by rows."""
    now = counting.count_month(plan, _month(entry), in_use)
    if (now.goes, now.goes_ids) != (entry.goes, entry.goes_ids):
        message = (
            f"{entry.month} was verified with {entry.goes:,} signals to go, now it is"
            f" {now.goes:,}. Verify again."
        )
        raise _ChangedError(message)
    entry.total, entry.checked, entry.done = now.total, True, entry.goes == 0
    return now


def _delete(run: PurgeRun, plan: Plan, entry: Month, in_use: InUse) -> None:
    seen_to = deleting.horizon()  # before the count: it sees all below, and may miss the rest
    if entry.whole and not entry.gone:
        _check(entry, plan, in_use)
    if entry.whole and not entry.gone:
        _drop(run, entry, seen_to)
    else:
        _delete_rows(run, plan, entry, in_use)
    transaction.on_commit(stream.forget_pages)


def _drop(run: PurgeRun, entry: Month, seen_to: int) -> None:
    """Drop a month that was counted after `seen_to` was taken, if nothing came since."""
    month = _month(entry)
    mentions = deleting.prepare_drop(month, run=run.pk, now=clock.now())
    partitions.lock_store()
    if deleting.came_since(month, seen_to):
        message = "a signal came while its month was counted"
        raise OperationalError(message) from errors.LockNotAvailable()
    partitions.drop_month(month, with_mentions=not mentions.has_foreign)
    entry.gone, entry.gone_ids, entry.done = entry.goes, entry.goes_ids, True
    run.gone_signals += entry.goes
    run.gone_mentions += mentions.gone


def _delete_rows(run: PurgeRun, plan: Plan, entry: Month, in_use: InUse) -> None:
    month = _month(entry)
    upto = deleting.window_end(month, entry.after)
    if upto is None:
        if (entry.gone, entry.gone_ids) != (entry.goes, entry.goes_ids):
            message = (
                f"{entry.month}: {entry.gone:,} of {entry.goes:,} signals went; a hold or a case"
                " has come that keeps the others. Verify again."
            )
            raise _ChangedError(message)
        entry.done = True
        return
    ids = deleting.due_ids(plan, entry, upto, in_use)
    if entry.gone + len(ids) > entry.goes:
        message = f"{entry.month}: more signals would go than were verified. Verify again."
        raise _ChangedError(message)
    run.gone_mentions += deleting.delete_signals(month, ids, run=run.pk, now=clock.now())
    run.gone_signals += len(ids)
    entry.after, entry.gone = upto, entry.gone + len(ids)
    entry.gone_ids += sum(ids)


def _check_letters(run: PurgeRun, plan: Plan) -> None:
    if counting.count_letters(plan) != [list(line) for line in run.letter_lines]:
        message = "Other refused items would go than were verified. Verify again."
        raise _ChangedError(message)


def _delete_letters(run: PurgeRun, plan: Plan) -> None:
    if not run.gone_letters:
        _check_letters(run, plan)
    gone = deleting.delete_letters(plan)
    if not gone or run.gone_letters + gone > run.letters:
        message = "Other refused items would go than were verified. Verify again."
        raise _ChangedError(message)
    run.gone_letters += gone


def _delete_entities(run: PurgeRun, plan: Plan) -> bool:
    """Look through some more entities. False: all are looked through."""
    before = plan.newest_cutoff
    if before is None or not run.gone_signals:
        return False
    found = deleting.delete_orphans(run.after_entity, before)
    if found is None:
        return False
    run.after_entity = found[0]
    run.gone_entities += found[1]
    return True


@transaction.atomic
def _stop(run_id: int, why: str) -> None:
    run = PurgeRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state == PurgeState.PURGING:
        _end(run, None, why)


def _end(run: PurgeRun, actor: User | None, why: str) -> None:
    run.state, run.said, run.finished_at = PurgeState.STOPPED, why[:500], clock.now()
    run.save(update_fields=["state", "said", "finished_at"])
    _tell(run, Verb.PURGE_STOPPED, actor, signals=run.gone_signals, why=run.said)


def _require_valid(run: PurgeRun) -> None:
    if run.state != PurgeState.VERIFIED or run.verified_at is None:
        message = f"This plan is {run.get_state_display().lower()}; only a verified one can start."
        raise ConflictError(message)
    if run.verified_at + VALID < clock.now():
        message = "This plan was verified more than 24 hours ago. Verify again."
        raise ConflictError(message)
    if load(run.plan).rules != _rules():
        message = "The rules have changed since this plan was verified. Verify again."
        raise ConflictError(message)
    if not (run.signals or run.letters):
        message = "Nothing would go."
        raise ConflictError(message)


def _rules() -> tuple[Rule, ...]:
    rows = RetentionRule.objects.filter(current=True).order_by("pk")
    return tuple(Rule(row.source_id, row.kind, row.days) for row in rows)


def _read() -> tuple[ReadTo, ...]:
    """How far the linker and all detectors that are on have read each stream."""
    wanted = set(DetectorConfig.objects.filter(running()).values_list("pk", flat=True))
    places: dict[int, list[Position]] = {}
    seen: dict[int, set[int]] = {}
    for shard in _shards():
        places.setdefault(shard.stream_id, []).append(
            Position(shard.epoch, shard.tx, shard.signal_id)
        )
        seen.setdefault(shard.stream_id, set()).add(shard.config_id)
    linked = {
        row.name: Position(row.epoch, row.tx, row.signal_id)
        for row in Cursor.objects.filter(name__startswith="link-")
    }
    return tuple(
        ReadTo(one, *min([linked[f"link-{one}"], *places.get(one, [])]))
        for one in Stream.objects.order_by("pk").values_list("pk", flat=True)
        if f"link-{one}" in linked and seen.get(one, set()) == wanted
    )


def _shards() -> QuerySet[Shard]:
    rows = Shard.objects.filter(running("config__"))
    return rows.select_related("config").order_by("pk")


def _month(entry: Month) -> partitions.Month:
    return partitions.Month.parse(entry.month)


def _tell(run: PurgeRun, verb: Verb, actor: User | None, **data: Any) -> None:
    audit.append(actor=actor, verb=verb, target=run, digest=run.digest, **data)
