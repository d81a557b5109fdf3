"""Buttons of the case page. Each is one POST; a refusal keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from abusedesk.core.errors import (
    AbuseDeskError,
    BudgetSpentError,
    ClaimLostError,
    ConflictError,
    InvalidError,
)
from abusedesk.core.htmx import DeskRequest, render_part
from cases import queue
from cases.mentions import mentioned_in
from cases.models import Case
from cases.selectors.case import case_by_ref
from cases.services.case import escalate_case, snooze_case
from cases.services.decision import record_decision, undo_decision
from cases.services.hold import free_hold, hold_case
from cases.services.note import add_note
from cases.ui import rail, routing
from cases.ui import undo as undo_toast
from cases.ui.forms import NEXT, ClaimForm, DecisionForm, DraftForm, ReasonForm, SnoozeForm
from cases.ui.terms import terms_of
from cases.ui.views.case import DRAFTS, decision_form, render_case

Action = Callable[[DeskRequest, Case], HttpResponse]
View = Callable[..., HttpResponse]


def case_action(action: Action) -> View:
    """A POST on a case; a reload by GET leads back to the case."""

    @require_http_methods(["GET", "POST"])
    @wraps(action)
    def view(request: DeskRequest, ref: str) -> HttpResponse:
        case = case_by_ref(ref, request.user)
        return action(request, case) if request.method == "POST" else to_case(case)

    return login_required(view)


@case_action
def claim(request: DeskRequest, case: Case) -> HttpResponse:
    """Take the case; a draft that was typed before comes along."""
    try:
        queue.claim(actor=request.user, case=case)
    except ConflictError as error:
        return _refused(request, case, DecisionForm(request.POST), error)
    draft = DraftForm(request.POST)
    if draft.is_valid() and any(draft.cleaned_data.values()):
        request.session[DRAFTS] = {case.ref: draft.cleaned_data}
    return to_case(case)


@case_action
def renew(request: DeskRequest, case: Case) -> HttpResponse:
    """Heartbeat of the open page."""
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"message": "There is no claim to renew."}, status=409)
    try:
        case = queue.renew(actor=request.user, case=case, claim_id=form.cleaned_data["claim_id"])
    except ConflictError as error:
        return JsonResponse({"message": error.message}, status=error.status)
    return JsonResponse({"expires_at": case.claim_expires_at})


@case_action
def release(request: DeskRequest, case: Case) -> HttpResponse:
    """Give the case back and stay on its page."""
    queue.release(actor=request.user, case=case)
    return to_case(case)


@case_action
def skip(request: DeskRequest, case: Case) -> HttpResponse:
    """Give the case back and take the next one."""
    queue.release(actor=request.user, case=case)
    return to_next(request, case)


@case_action
def decide(request: DeskRequest, case: Case) -> HttpResponse:
    """Record the verdict; then the next case or this one again."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, form=form, status=422)
    said = form.cleaned_data
    try:
        decision = record_decision(
            actor=request.user,
            case=case,
            claim_id=said["claim_id"],
            outcome=said["outcome"],
            reason=said["reason"],
            key=said["key"],
            asks_second=said["asks_second"],
            terms=terms_of(said, case, request.user),
        )
    except (ConflictError, InvalidError) as error:
        return _refused(request, case, form, error)
    undo_toast.offer(request, case, decision)
    return to_next(request, case) if said["then"] == NEXT else to_case(case)


@login_required
@require_http_methods(["GET", "POST"])
def undo(request: DeskRequest, ref: str, decision_id: int) -> HttpResponse:
    """Take a decision back."""
    case = case_by_ref(ref, request.user)
    decision = case.decisions.filter(pk=decision_id).first()
    if request.method != "POST" or decision is None:
        return to_case(case)
    undo_toast.withdraw(request)
    try:
        undo_decision(actor=request.user, decision=decision)
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{case.ref} is as it was before the decision.")
    return to_case(case)


@case_action
def escalate(request: DeskRequest, case: Case) -> HttpResponse:
    """Hand the case to a lead."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why a lead should look.")
        return to_case(case)
    escalate_case(actor=request.user, case=case, reason=form.cleaned_data["reason"])
    messages.success(request, f"{case.ref} waits for a lead.")
    return to_case(case)


@case_action
def snooze(request: DeskRequest, case: Case) -> HttpResponse:
    """Put the case away, for a time or until it beats its forecast."""
    form = SnoozeForm(request.POST)
    until = routing.until(form.cleaned_data) if form.is_valid() else None
    if until is None:
        messages.error(request, "Choose when the case comes back.")
        return to_case(case)
    watched = form.cleaned_data["how"] == "escalates"
    try:
        snooze_case(actor=request.user, case=case, until=until, until_escalates=watched)
    except InvalidError as error:
        messages.error(request, error.message)
        return to_case(case)
    earlier = ", or when it escalates" if watched else ""
    messages.success(request, f"{case.ref} comes back on {until:%-d %b}{earlier}.")
    return to_case(case)


@case_action
def hold(request: DeskRequest, case: Case) -> HttpResponse:
    """Keep what the case rests on from every purge."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why the case is held.")
        return to_case(case)
    hold_case(actor=request.user, case=case, reason=form.cleaned_data["reason"])
    messages.success(request, f"No purge takes the evidence of {case.ref}.")
    return to_case(case)


@case_action
def free(request: DeskRequest, case: Case) -> HttpResponse:
    """End the hold on the case."""
    form = ReasonForm(request.POST)
    if case.hold is None or not form.is_valid():
        messages.error(request, "Say why the hold ends.")
        return to_case(case)
    free_hold(actor=request.user, hold=case.hold, reason=form.cleaned_data["reason"])
    messages.success(request, f"{case.ref} is not held any more.")
    return to_case(case)


@case_action
def note(request: DeskRequest, case: Case) -> HttpResponse:
    """Add an internal note."""
    body = request.POST.get("body", "")
    try:
        add_note(actor=request.user, case=case, body=body)
    except InvalidError as error:
        refused = rail.notes(case, request.user, error=error.message, body=body)
        if not request.htmx:
            form = decision_form(case)
            return render_case(request, case, form=form, status=422, refused=refused)
        return _notes(request, case, refused, 422)
    not_told = mentioned_in(body, case).sentence
    if request.htmx:
        return _notes(request, case, rail.notes(case, request.user) | {"not_told": not_told}, 200)
    if not_told:
        messages.warning(request, not_told)
    return to_case(case)


def to_case(case: Case) -> HttpResponseRedirect:
    """Back to the page of the case."""
    return HttpResponseRedirect(reverse("cases:case-detail", args=[case.ref]), status=303)


def to_next(request: DeskRequest, case: Case) -> HttpResponse:
    """The next case of the same queue, claimed; the queue itself when nothing is left."""
    try:
        following = queue.claim_next(actor=request.user, queue=case.queue, skip=case)
    except BudgetSpentError:
        return redirect("cases:break")
    if following is not None:
        return to_case(following)
    return redirect("cases:queue", case.queue.slug)


def _refused(
    request: DeskRequest, case: Case, form: DecisionForm, error: AbuseDeskError
) -> HttpResponse:
    """The same page with the refusal beside what was typed."""
    case.refresh_from_db()
    lost = error.message if isinstance(error, ClaimLostError) else ""
    if not lost:
        form.add_error(error.field if error.field in form.fields else None, error.message)
    return render_case(request, case, form=form, status=error.status, claim_lost=lost)


def _notes(
    request: DeskRequest, case: Case, context: dict[str, object], status: int
) -> HttpResponse:
    return render_part(
        request, "cases/decision.html", {"case": case, **context}, part="notes", status=status
    )
