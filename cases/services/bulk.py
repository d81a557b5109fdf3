"""Begins work on many cases, ends it, and takes it back."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import doable, fields, policy
from cases.choices import BulkState, ItemState
from cases.deeds import Deed
from cases.models import BulkItem, BulkJob
from cases.selectors.preview import CHANGED, Candidate, Choice, Preview, preview_for
from cases.services.bulk_work import run_bulk
from cases.services.decision import REASON_LIMIT

AT_ONCE: Final = 20  # so many are done before the answer, more by a worker
ROWS: Final = 2_000  # of one statement


def start_bulk(
    *, actor: User, choice: Choice, deed: Deed, reason: str, confirmed: int | None = None
) -> BulkJob:
    """Settle which cases the work is on, and begin it: at once when they are few.

    confirmed: the number that was typed, as the preview told it. Raises ForbiddenError, or
    InvalidError when there is no such case, no reason, or more cases than were confirmed.
    """
    deed = doable.checked(deed, actor)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    seen = preview_for(actor, choice, deed)
    _require_confirmed(seen, confirmed)
    with transaction.atomic():
        job = _settled(actor, choice, deed, reason, seen)
        if seen.total > AT_ONCE:
            wake("cases.run_bulk", job.pk)
    if seen.total <= AT_ONCE:
        run_bulk(job_id=job.pk)
        job.refresh_from_db()
    return job


@transaction.atomic
def cancel_bulk(*, actor: User, job: BulkJob) -> BulkJob:
    """Leave alone what is not done yet. Raises ForbiddenError, or ConflictError at the end."""
    job = _locked(actor, job)
    if job.state != BulkState.RUNNING:
        message = f"This work is {job.get_state_display().lower()} already."
        raise ConflictError(message, state=job.state)
    job.state, job.finished_at = BulkState.CANCELLED, clock.now()
    job.save(update_fields=["state", "finished_at"])
    # waits for the case that a worker has in hand: that one is done
    waiting = BulkItem.objects.filter(job=job, state=ItemState.WAITING)
    left = waiting.update(state=ItemState.SKIPPED, note=f"cancelled by {actor}")
    audit.append(actor=actor, verb=Verb.BULK_CANCELLED, target=job, total=job.total, left=left)
    return job


@transaction.atomic
def undo_bulk(*, actor: User, job: BulkJob) -> BulkJob:
    """Put back every case that the work changed, unless somebody changed it since.

    Raises ForbiddenError, or ConflictError while it runs and when the time for it is over.
    """
    job = _locked(actor, job)
    until = job.undo_until
    if job.state not in (BulkState.DONE, BulkState.CANCELLED) or until is None:
        message = f"This work is {job.get_state_display().lower()}."
        raise ConflictError(message, state=job.state)
    if clock.now() > until:
        message = "The day in which this could be undone is over."
        raise ConflictError(message, until=until)
    job.state, job.undone_by = BulkState.UNDOING, actor
    job.save(update_fields=["state", "undone_by"])
    audit.append(
        actor=actor, verb=Verb.BULK_UNDO_ASKED, target=job, whose=str(job.actor), total=job.total
    )
    wake("cases.run_bulk", job.pk)
    return job


def _require_confirmed(seen: Preview, confirmed: int | None) -> None:
    if not seen.total:
        message = "No case that was chosen can be changed."
        raise InvalidError(message, field="refs")
    if confirmed is None and not seen.typed:
        return
    # some may have dropped out since the preview; none may have come
    if confirmed is None or not seen.total <= confirmed <= seen.found:
        message = f"Type the number of cases, {seen.total:,}, to confirm."
        raise InvalidError(message, field="count", total=seen.total)


def _settled(actor: User, choice: Choice, deed: Deed, reason: str, seen: Preview) -> BulkJob:
    """The job with its items; cases that changed since the preview are among them, skipped."""
    job = BulkJob.objects.create(
        action=deed.action,
        said=deed.words(),
        query=str(choice.query),
        reason=reason,
        held=seen.held,
        total=seen.total + len(seen.changed),
        actor=actor,
    )

    def item(one: Candidate, note: str = "") -> BulkItem:
        state = ItemState.SKIPPED if note else ItemState.WAITING
        return BulkItem(job=job, case_id=one.pk, version=one.version, state=state, note=note)

    items = [*map(item, seen.takes), *(item(one, CHANGED) for one in seen.changed)]
    BulkItem.objects.bulk_create(items, batch_size=ROWS)
    audit.append(
        actor=actor,
        verb=Verb.BULK_ASKED,
        target=job,
        action=job.action,
        total=job.total,
        how=job.query or "picked one by one",
        reason=reason,
    )
    return job


def _locked(actor: User, job: BulkJob) -> BulkJob:
    """The job as it is now, for who began it or may undo what others did."""
    policy.require(actor, "case.bulk")
    if job.actor_id != actor.pk and not policy.allowed(actor, "case.undo_others"):
        message = f"Only {job.actor}, a lead or an admin can end this work."
        raise ForbiddenError(message)
    return BulkJob.objects.select_for_update(no_key=True).get(pk=job.pk)
