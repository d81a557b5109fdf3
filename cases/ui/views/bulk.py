"""Work on many cases: look first, confirm, watch, end, take back."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.models import User
from cases import paging, policy
from cases.choices import BulkAction, BulkState, ItemState
from cases.deeds import ALONE, RULES, Deed
from cases.models import BulkJob
from cases.selectors.bulk import (
    Choice,
    Preview,
    bulk_items_of,
    bulk_job_by_id,
    bulk_jobs_for,
    policies_by_count,
    preview_for,
    samples_of,
)
from cases.services.bulk import PHASES, cancel_bulk, start_bulk, undo_bulk
from cases.ui import bulk
from cases.ui.bulk import FORMS, ConfirmForm
from cases.ui.rows import with_claims

STAYED: Final = (ItemState.FAILED, ItemState.SKIPPED, ItemState.KEPT)
ENDED: Final = (BulkState.DONE, BulkState.CANCELLED)
SHOWN: Final = 100
"""Cases that were not changed, on the page of a job."""
JOBS: Final = 50


@login_required
@require_http_methods(["GET", "POST"])
def bulk_new(request: DeskRequest) -> HttpResponse:
    """What would happen to the ticked cases, or to all that match; and then it happens."""
    _require(request.user)
    said = request.POST if request.method == "POST" else request.GET
    back = bulk.back_of(said, reverse("cases:case-list"))
    if said.get("action") not in BulkAction.values:
        return redirect(back)
    action = BulkAction(said["action"])
    policy.require(request.user, RULES[action].verb)
    try:
        choice = bulk.choice_of(said)
        confirms = request.method == "POST" and bool(said.get("confirm"))
        form = FORMS[action](said if confirms else None, viewer=request.user)
        if confirms and form.is_valid() and (job := _started(request, form, choice)):
            return redirect("cases:bulk-job", job.pk)
        return _preview_page(request, action, choice, form, back)
    except InvalidError as error:
        messages.error(request, error.message)
        return redirect(back)


@login_required
@require_GET
def bulk_jobs(request: DeskRequest) -> HttpResponse:
    """The last pieces of work."""
    _require(request.user)
    jobs = [(job, str(_deed(job))) for job in bulk_jobs_for(request.user)[:JOBS]]
    return render(request, "cases/bulk_jobs.html", {"section": "jobs", "jobs": jobs})


@login_required
@require_GET
def bulk_job(request: DeskRequest, bulk_id: int) -> HttpResponse:
    """How far the work is; what was not changed stays ticked."""
    _require(request.user)
    job = bulk_job_by_id(bulk_id, request.user)
    at_work = job.state in PHASES
    stayed = [] if at_work else _stayed(job, request.user)
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
        "more": max(0, _count(job, *STAYED) - SHOWN),
        "selection": bulk.bar_of_ticked(request.user, f"job-{job.pk}", request.path),
    }  # fmt: skip
    return render_part(request, "cases/bulk_job.html", context, part="progress")


@login_required
@require_POST
def bulk_cancel(request: DeskRequest, bulk_id: int) -> HttpResponse:
    """Leave alone what is not done yet."""
    _require(request.user)
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
    _require(request.user)
    job = bulk_job_by_id(bulk_id, request.user)
    try:
        undo_bulk(actor=request.user, job=job)
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("cases:bulk-job", bulk_id)


def _require(user: User) -> None:
    """These pages do not exist for who changes no cases."""
    if not policy.allowed(user, "case.bulk"):
        message = "There is nothing here."
        raise NotFoundError(message)


def _started(request: DeskRequest, form: ConfirmForm, choice: Choice) -> BulkJob | None:
    """The job; None when something in the form does not do, which it says then."""
    try:
        return start_bulk(
            actor=request.user,
            choice=choice,
            deed=form.deed(),
            reason=form.cleaned_data["reason"],
            confirmed=form.typed(),
        )
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def _preview_page(
    request: DeskRequest, action: BulkAction, choice: Choice, form: ConfirmForm, back: str
) -> HttpResponse:
    found = preview_for(request.user, choice, Deed(action))
    if not found.typed:
        del form.fields["count"]
    else:
        form["count"].label = f"Type the number of cases, {found.total:,}"
    context = {
        "section": "cases",
        "action": action,
        "found": found,
        "matching": paging.told(found.found),
        "accounts": sum(one.accounts for one in found.takes),
        "alone": ALONE,
        "form": form,
        "hidden": _hidden(choice, action, back),
        "key": request.POST.get("key", ""),
        "back": back,
        **_looks(found, request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "cases/bulk_new.html", context, status=status)


def _looks(found: Preview, viewer: User) -> dict[str, Any]:
    """What the cases are."""
    samples = samples_of(found.takes, viewer)
    return {
        "policies": policies_by_count(found.takes, viewer),
        "rows": with_claims(samples, viewer),
    }


def _hidden(choice: Choice, action: BulkAction, back: str) -> dict[str, str]:
    """Fields that repeat the choice when it is confirmed."""
    which = {"refs": " ".join(choice.refs)} if choice.refs else {"all": "1", "q": str(choice.query)}
    return {
        "action": action.value,
        "seen": choice.at.isoformat(),
        "back": back,
        "confirm": "1",
        **which,
    }


def _stayed(job: BulkJob, viewer: User) -> list[Any]:
    return list(bulk_items_of(job, viewer).filter(state__in=STAYED)[:SHOWN])


def _deed(job: BulkJob) -> Deed:
    return Deed.read(job.action, job.said)


def _share(job: BulkJob) -> float:
    """How much of the work, or of its undoing, is behind."""
    phase = PHASES.get(BulkState(job.state))
    return 1 - _count(job, phase.takes) / job.total if phase else 1.0


def _count(job: BulkJob, *states: ItemState) -> int:
    return sum(getattr(job, f"{state}_count") for state in states)
