"""Replays or discards many refused items, a bounded step at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors.choices import DeadLetterState, JobState, LetterAction
from detectors.ingest import Window
from detectors.models import DeadLetter, LetterJob, Source
from detectors.schema import SignalIn
from detectors.selectors.dead_letter import LetterFilter, letters_for
from detectors.services.dead_letter import NO_REASON, read_again
from detectors.services.drain import drain
from detectors.services.ingest import committed, store, wake_detectors
from detectors.services.source import live_stream

CAP: Final = 10_000  # items of one job
AT_ONCE: Final = 200  # so many are done before the answer, more by a worker
STEP: Final = 200  # items of one transaction: at most 13 MB in memory
LEASE: Final = timedelta(seconds=60)  # longer than a step, which renews it


@dataclass(slots=True)
class _Read:
    """What one step made of its items."""

    good: list[tuple[DeadLetter, SignalIn]] = field(default_factory=list)
    bad: list[DeadLetter] = field(default_factory=list)


def start_job(
    *,
    actor: User,
    action: str,
    wanted: LetterFilter,
    chosen: Collection[int] = (),
    newest: int | None = None,
    reason: str = "",
) -> LetterJob:
    """Settle the oldest `CAP` waiting items that match, at once when they are few.

    chosen: only these. newest: none that came after this id. Raises InvalidError when there is no
    such item, or no reason to discard.
    """
    if action == LetterAction.DISCARD and not reason.strip():
        message = "Say why; the next person will ask."
        raise InvalidError(message, field="reason")
    ids = waiting_ids(actor=actor, wanted=wanted, chosen=chosen, newest=newest)
    if not ids:
        message = "No waiting item matches."
        raise InvalidError(message, field="filter")
    with transaction.atomic():
        job = LetterJob.objects.create(
            action=action,
            filters=wanted.words(),
            chosen=sorted(chosen),
            reason=reason.strip(),
            newest=ids[-1],
            total=len(ids),
            actor=actor,
        )
        audit.append(
            actor=actor,
            verb=Verb.LETTERS_ASKED,
            target=job,
            action=action,
            total=job.total,
            filters=job.filters,
            reason=job.reason or NO_REASON,
        )
        if job.total > AT_ONCE:
            wake("detectors.run_letter_job", job.pk)
    if job.total <= AT_ONCE:
        run_letter_job(job_id=job.pk)
        job.refresh_from_db()
    return job


def waiting_ids(
    *, actor: User, wanted: LetterFilter, chosen: Collection[int] = (), newest: int | None = None
) -> list[int]:
    """What a job would take, oldest first, at most `CAP`."""
    found = _waiting(actor, wanted, chosen)
    if newest is not None:
        found = found.filter(pk__lte=newest)
    return list(found.values_list("pk", flat=True)[:CAP])


def run_letter_job(*, job_id: int) -> None:
    """Work until a job is done, alone; wakes itself when the time is up before that."""
    job = LetterJob.objects.filter(pk=job_id)

    def step() -> int:
        job.update(busy_until=clock.now() + LEASE)
        return step_job(job_id=job_id)

    free = job.filter(state=JobState.RUNNING, busy_until__lte=clock.now())
    if not free.update(busy_until=clock.now() + LEASE):
        return
    is_through = drain(step)
    job.update(busy_until=clock.now())
    if not is_through:
        wake("detectors.run_letter_job", job_id)


def step_job(*, job_id: int) -> int:
    """The next `STEP` items of a job, in one transaction. Returns how many it took."""
    job = LetterJob.objects.select_related("actor").get(pk=job_id)
    if job.state != JobState.RUNNING:
        return 0
    wanted = LetterFilter.read(job.filters)
    found = _waiting(job.actor, wanted, job.chosen).filter(pk__gt=job.place, pk__lte=job.newest)
    letters = list(found[:STEP])
    is_replay = job.action == LetterAction.REPLAY
    read = _read(letters) if is_replay else _Read(bad=letters)
    signals = [signal for _, signal in read.good]
    taken = committed(lambda: _write(job, letters, read), signals)
    if signals:
        wake_detectors()
    return taken


def wake_jobs() -> None:
    """Wake what a lost message or a killed worker forgot."""
    forgotten = LetterJob.objects.filter(state=JobState.RUNNING, busy_until__lte=clock.now())
    for job_id in forgotten.values_list("pk", flat=True)[:CAP]:
        wake("detectors.run_letter_job", job_id)


def _waiting(actor: User, wanted: LetterFilter, chosen: Collection[int]) -> QuerySet[DeadLetter]:
    found = wanted.of(letters_for(actor)).filter(state=DeadLetterState.OPEN).order_by("pk")
    return found.filter(pk__in=chosen) if chosen else found


def _read(letters: Iterable[DeadLetter]) -> _Read:
    window = Window.at(clock.now(), oldest=settings.OLDEST_SIGNAL)
    read = _Read()
    for letter in letters:
        try:
            found = read_again(letter, window)
        except InvalidError:  # a piece of a foreign payload, or only its beginning is there
            read.bad.append(letter)
            continue
        if found.bad:
            letter.errors = [msgspec.to_builtins(fault) for fault in found.bad[0].faults]
            read.bad.append(letter)
        else:
            read.good += [(letter, signal) for signal in found.good]
    return read


def _write(job: LetterJob, letters: Sequence[DeadLetter], read: _Read) -> int:
    """Settle what was read, unless another worker was faster with the step or with an item."""
    mine = LetterJob.objects.select_for_update(skip_locked=True, no_key=True).filter(
        pk=job.pk, place=job.place, state=JobState.RUNNING
    )
    if mine.first() is None:
        return 0
    if not letters:
        _finish(job)
        return 0
    locked = DeadLetter.objects.select_for_update(no_key=True).order_by("pk")
    still = {
        letter.pk: letter
        for letter in locked.filter(pk__in=[one.pk for one in letters], state=DeadLetterState.OPEN)
    }
    bad = [letter for letter in read.bad if letter.pk in still]
    if job.action == LetterAction.DISCARD:
        done, failed = _settle(job, bad, DeadLetterState.DISCARDED), 0
    else:
        done, failed = _store(job, read, set(still)), len(bad)
        DeadLetter.objects.bulk_update(bad, ["errors"])
    LetterJob.objects.filter(pk=job.pk).update(
        place=letters[-1].pk, done=F("done") + done, failed=F("failed") + failed
    )
    return len(letters)


def _store(job: LetterJob, read: _Read, still: Collection[int]) -> int:
    stream = live_stream()
    by_source: dict[Source, list[SignalIn]] = {}
    good = [(letter, signal) for letter, signal in read.good if letter.pk in still]
    for letter, signal in good:
        by_source.setdefault(letter.source, []).append(signal)
    for source, signals in by_source.items():
        store(source=source, signals=signals, stream=stream)
    return _settle(job, [letter for letter, _ in good], DeadLetterState.REPLAYED)


def _settle(job: LetterJob, letters: Iterable[DeadLetter], state: DeadLetterState) -> int:
    rows: dict[str, Any] = {
        "state": state,
        "settled_at": clock.now(),
        "settled_by": job.actor,
        "reason": job.reason,
    }
    return DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters]).update(**rows)


def _finish(job: LetterJob) -> None:
    LetterJob.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=clock.now())
    job.refresh_from_db()
    audit.append(
        actor=job.actor,
        verb=Verb.LETTERS_SETTLED,
        target=job,
        action=job.action,
        done=job.done,
        failed=job.failed,
    )
