"""Work on many cases under way: watch it, end it, take it back."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.models import User
from cases import policy
from cases.choices import BulkState, ItemState
from cases.deeds import Deed
from cases.models import BulkItem, BulkJob
from cases.selectors.bulk import bulk_items_of, bulk_job_by_id, bulk_jobs_for
from cases.services.bulk import cancel_bulk, undo_bulk
from cases.services.bulk_work import PHASES
from cases.ui import bulk
from cases.ui.bulk import require_worker

STAYED: Final = (ItemState.FAILED, ItemState.SKIPPED, ItemState.KEPT)
ENDED: Final = (BulkState.DONE, BulkState.CANCELLED)
SHOWN: Final = 100
"""Cases that were not changed, on the page of a job."""
JOBS: Final = 50


@login_required
@require_GET
def bulk_jobs(request: DeskRequest) -> HttpResponse:
    """The last pieces of work."""
    require_worker(request.user)
    jobs = [(job, str(_deed(job))) for job in bulk_jobs_for(request.user)[:JOBS]]
    return render(request, "cases/bulk_jobs.html", {"section": "jobs", "jobs": jobs})


@login_required
@require_GET
def bulk_job(request: DeskRequest, bulk_id: int) -> HttpResponse:
    """How far the work is; what was not changed stays ticked."""
    require_worker(request.user)
    job = bulk_job_by_id(bulk_id, request.user)
    at_work = job.state in PHASES
    stayed, hidden = ([], []) if at_work else _stayed(job, request.user)
    mine = job.actor == request.user or policy.allowed(request.user, "case.undo_others")
    over = job.undo_until is None or clock.now() > job.undo_until
    context = {
        "section": "jobs",
        "job": job,
        "does": str(_deed(job)),
        "at_work": at_work,
        "share": _share(job),
        "can_cancel": mine and job.state == BulkState.RUNNING,
        "can_undo": mine and job.state in ENDED and not over and _count(job, ItemState.DONE),
        "stayed": stayed,
        "more": len(hidden),
        "selection": bulk.bar_of_ticked(
            request.user, f"job-{job.pk}-{job.state}", request.path, hidden
        ),
    }  # fmt: skip
    return render_part(request, "cases/bulk_job.html", context, part="progress")


@login_required
@require_POST
def bulk_cancel(request: DeskRequest, bulk_id: int) -> HttpResponse:
    """Leave alone what is not done yet."""
    require_worker(request.user)
    job = bulk_job_by_id(bulk_id, request.user)
    try:
        cancel_bulk(actor=request.user, job=job)
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("cases:bulk-job", bulk_id)


@login_required
@require_POST
def bulk_undo(request: DeskRequest, bulk_id: int) -> HttpResponse:
    """Put back what nobody changed since."""
    require_worker(request.user)
    job = bulk_job_by_id(bulk_id, request.user)
    try:
        undo_bulk(actor=request.user, job=job)
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("cases:bulk-job", bulk_id)


def _stayed(job: BulkJob, viewer: User) -> tuple[list[BulkItem], list[str]]:
    """The first cases that were not changed, and references of the rest."""
    rows = bulk_items_of(job, viewer).filter(state__in=STAYED)
    rest = rows.values_list("case__ref", flat=True)[SHOWN:] if _count(job, *STAYED) > SHOWN else []
    return list(rows[:SHOWN]), list(rest)


def _deed(job: BulkJob) -> Deed:
    return Deed.read(job.action, job.said)


def _share(job: BulkJob) -> float:
    """How much of the work, or of its undoing, is behind."""
    phase = PHASES.get(BulkState(job.state))
    return 1 - _count(job, phase.takes) / job.total if phase else 1.0


def _count(job: BulkJob, *states: ItemState) -> int:
    return sum(getattr(job, f"{state}_count") for state in states)
