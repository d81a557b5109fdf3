"""Changes the cases of a job one after the other, each in a transaction with what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import AbuseDeskError, ConflictError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import doing
from cases.choices import BulkState, ItemState
from cases.deeds import Deed
from cases.models import BulkItem, BulkJob
from detectors.services.drain import SHORT_S, drain

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=10)  # longer than a short time and one case
NOTE: Final = 500  # characters
BROKEN: Final = "The desk failed at this case; its log says why."


@dataclass(frozen=True, slots=True)
class Phase:
    """One way through the cases of a job.

    takes, makes: state of items before and after it. overtaken: where something else was faster;
    refused: where a service says no. ends: state of the job after it.
    """

    work: Callable[[User, BulkItem, Deed], None]
    takes: ItemState
    makes: ItemState
    overtaken: ItemState
    refused: ItemState
    ends: BulkState
    verb: Verb


PHASES: Final[dict[BulkState, Phase]] = {
    BulkState.RUNNING: Phase(
        doing.do, ItemState.WAITING, ItemState.DONE, ItemState.SKIPPED, ItemState.FAILED,
        BulkState.DONE, Verb.BULK_ENDED,
    ),
    BulkState.UNDOING: Phase(
        doing.undo, ItemState.DONE, ItemState.UNDONE, ItemState.KEPT, ItemState.KEPT,
        BulkState.UNDONE, Verb.BULK_UNDONE,
    ),
}  # fmt: skip


def run_bulk(*, job_id: int) -> None:
    """Work for a short time, alone; wakes itself when that was too little.

    Two would do nothing twice, but each message more would leave less for other work.
    """
    now = clock.now()
    free = BulkJob.objects.filter(pk=job_id, state__in=PHASES, busy_until__lte=now)
    if not free.update(busy_until=now + LEASE):
        return
    is_through = drain(lambda: step_bulk(job_id=job_id), SHORT_S)
    BulkJob.objects.filter(pk=job_id).update(busy_until=clock.now())
    if not is_through:
        wake("cases.run_bulk", job_id)


def step_bulk(*, job_id: int) -> int:
    """The next case, in one transaction. Returns 0 when no other is free."""
    job = BulkJob.objects.select_related("actor", "undone_by").get(pk=job_id)
    phase = PHASES.get(BulkState(job.state))
    if phase is None:
        return 0
    with transaction.atomic():
        item = _next(job, phase)
        if item is not None:
            _work(job, item, phase)
    if item is None:
        _end(job, phase)
    return int(item is not None)


def wake_bulk() -> None:
    """Wake what a lost message or a killed worker forgot."""
    forgotten = BulkJob.objects.filter(state__in=PHASES, busy_until__lte=clock.now())
    for job_id in forgotten.values_list("pk", flat=True):
        wake("cases.run_bulk", job_id)


def _next(job: BulkJob, phase: Phase) -> BulkItem | None:
    """Locked; what another worker has in hand is passed over."""
    rows = BulkItem.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    rows = rows.select_related("case", "decision").filter(job=job, state=phase.takes)
    return rows.order_by("pk").first()


def _work(job: BulkJob, item: BulkItem, phase: Phase) -> None:
    """Change one case; a refusal undoes what was begun, and only that it was is kept."""
    item.job = job
    actor = job.undone_by or job.actor
    try:
        with transaction.atomic():
            phase.work(actor, item, Deed.read(job.action, job.said))
    except AbuseDeskError as refusal:
        faster = isinstance(refusal, ConflictError)
        item.state, item.note = phase.overtaken if faster else phase.refused, refusal.message[:NOTE]
    except (OperationalError, SoftTimeLimitExceeded):
        raise
    except Exception:  # item border: one case must not keep all others waiting
        log.exception("Work on one of many cases failed", job=job.pk, case=item.case_id)
        item.state, item.note = phase.refused, BROKEN
    else:
        item.state, item.note = phase.makes, ""
        item.save(update_fields=["state", "note", "before", "decision"])
        return
    item.save(update_fields=["state", "note"])


@transaction.atomic
def _end(job: BulkJob, phase: Phase) -> None:
    """Once, by who finds that nothing is left, also not with another worker."""
    if BulkItem.objects.filter(job=job, state=phase.takes).exists():
        return
    ended = job.finished_at or clock.now()
    at_work = BulkJob.objects.filter(pk=job.pk, state=job.state)
    if not at_work.update(state=phase.ends, finished_at=ended):
        return
    counts = Counter(BulkItem.objects.filter(job=job).values_list("state", flat=True))
    told: dict[str, Any] = {state.value: counts[state] for state in ItemState}
    actor = job.undone_by or job.actor
    audit.append(actor=actor, verb=phase.verb, target=job, total=job.total, **told)
