"""Pages of second looks and appeals, and the steps on a case that lead to them."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import ids
from abusedesk.core.errors import AbuseDeskError, ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import policy
from cases.choices import AppealState, ReviewState, State
from cases.models import Appeal, Case, Decision, SecondReview
from cases.selectors.appeal import appeal_by_id, waiting_appeals_for
from cases.selectors.case import case_by_ref
from cases.selectors.decision import appealable_by_id, decision_by_id
from cases.selectors.review import disagreements_for, review_by_id, waiting_reviews_for
from cases.services.appeal import RULINGS, open_appeal, rule_appeal
from cases.services.reversal import reverse_decision
from cases.services.review import give_opinion, settle_review
from cases.ui import terms
from cases.ui.forms import ReasonForm
from cases.ui.rail import VERDICTS
from cases.ui.terms import OpinionFields, TermsFields, terms_of
from cases.ui.views.case import decision_form, render_case
from detectors.choices import Outcome

SHOWN: Final = 50
SIDES: Final = (("first", "the first stands"), ("second", "the second takes its place"))


class OpinionForm(OpinionFields):
    """A second opinion."""

    outcome = forms.ChoiceField(choices=Outcome.choices)
    reason = forms.CharField(max_length=5_000)


class RulingForm(TermsFields):
    """A ruling on an appeal; what stands beside it counts for a change."""

    ruling = forms.ChoiceField(choices=[(one.value, one.label) for one in RULINGS])
    outcome = forms.ChoiceField(choices=Outcome.choices, required=False)
    reason = forms.CharField(max_length=5_000)


class SettleForm(forms.Form):
    """Whose opinion stands."""

    side = forms.ChoiceField(choices=SIDES)
    reason = forms.CharField(max_length=5_000)
    key = forms.UUIDField()


class AppealForm(forms.Form):
    """An appeal that reached somebody of the desk."""

    appellant = forms.CharField(max_length=242)
    statement = forms.CharField(max_length=20_000)
    key = forms.UUIDField()


@login_required
@require_GET
def quality(request: DeskRequest) -> HttpResponse:
    """What waits for this person: second looks, disagreements, appeals."""
    _require_reviewer(request.user)
    context = {
        "section": "quality",
        "reviews": waiting_reviews_for(request.user)[:SHOWN],
        "disagreements": disagreements_for(request.user)[:SHOWN],
        "can_settle": policy.allowed(request.user, "review.settle"),
        "appeals": waiting_appeals_for(request.user)[:SHOWN],
    }
    return render(request, "cases/quality.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def second(request: DeskRequest, review_id: int) -> HttpResponse:
    """The second look: a form while it waits, then both opinions."""
    review = review_by_id(review_id, request.user)
    if request.method != "POST":
        return _second_page(request, review, OpinionForm())
    form = OpinionForm(request.POST)
    if not form.is_valid():
        return _second_page(request, review, form, status=422)
    said = form.cleaned_data
    try:
        row = give_opinion(
            actor=request.user,
            review=review,
            outcome=said["outcome"],
            reason=said["reason"],
            terms=terms_of(said, review.decision.case, request.user),
        )
    except (ConflictError, InvalidError) as error:
        return _second_page(request, review, _told(form, error), status=error.status)
    messages.success(request, f"{review.decision.case.ref}: {row.get_state_display().lower()}.")
    return redirect("cases:quality")


@login_required
@require_POST
def settle(request: DeskRequest, review_id: int) -> HttpResponse:
    """A lead says which of two opinions stands."""
    review = review_by_id(review_id, request.user)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _second_page(request, review, OpinionForm(), settling=form, status=422)
    said = form.cleaned_data
    try:
        settle_review(
            actor=request.user,
            review=review,
            first=said["side"] == "first",
            reason=said["reason"],
            key=said["key"],
        )
    except (ConflictError, InvalidError) as error:
        told = _told(form, error)
        review = review_by_id(review_id, request.user)
        return _second_page(request, review, OpinionForm(), settling=told, status=error.status)
    messages.success(request, f"{review.decision.case.ref} is settled.")
    return redirect("cases:quality")


@login_required
@require_http_methods(["GET", "POST"])
def appeal(request: DeskRequest, appeal_id: int) -> HttpResponse:
    """One appeal with the decision it is about, and the ruling."""
    row = appeal_by_id(appeal_id, request.user)
    if request.method != "POST":
        return _appeal_page(request, row, RulingForm())
    form = RulingForm(request.POST)
    if not form.is_valid():
        return _appeal_page(request, row, form, status=422)
    said = form.cleaned_data
    ruling = AppealState(said["ruling"])
    changes = ruling == AppealState.CHANGED
    try:
        rule_appeal(
            actor=request.user,
            appeal=row,
            ruling=ruling,
            reason=said["reason"],
            outcome=said["outcome"] if changes else None,
            **({"terms": terms_of(said, row.decision.case, request.user)} if changes else {}),
        )
    except (ConflictError, InvalidError) as error:
        return _appeal_page(request, row, _told(form, error), status=error.status)
    messages.success(request, f"Appeal {row.pk}: {ruling.label.lower()}.")
    return redirect("cases:quality")


@login_required
@require_http_methods(["GET", "POST"])
def appeal_open(request: DeskRequest, ref: str, decision_id: int) -> HttpResponse:
    """Hand in an appeal that came by mail or phone."""
    case = case_by_ref(ref, request.user)
    decision = appealable_by_id(decision_id, request.user)
    form = AppealForm(request.POST)
    if request.method != "POST" or decision.case_id != case.pk:
        return redirect("cases:case-detail", ref)
    if not form.is_valid():
        return _step_refused(request, case, appealing=form)
    try:
        row = open_appeal(actor=request.user, decision=decision, **form.cleaned_data)
    except (ConflictError, InvalidError) as error:
        return _step_refused(request, case, status=error.status, appealing=_told(form, error))
    messages.success(request, f"Appeal {row.pk} waits for somebody who had no part in it.")
    return redirect("cases:case-detail", ref)


@login_required
@require_http_methods(["GET", "POST"])
def reverse(request: DeskRequest, ref: str, decision_id: int) -> HttpResponse:
    """Take a decision back, whatever happened since."""
    case = case_by_ref(ref, request.user)
    form = ReasonForm(request.POST)
    if request.method != "POST":
        return redirect("cases:case-detail", ref)
    decision: Decision = decision_by_id(decision_id, request.user)
    if decision.case_id != case.pk:
        return redirect("cases:case-detail", ref)
    if not form.is_valid():
        return _step_refused(request, case, reversing=form)
    try:
        reverse_decision(actor=request.user, decision=decision, reason=form.cleaned_data["reason"])
    except (ConflictError, InvalidError) as error:
        return _step_refused(request, case, status=error.status, reversing=_told(form, error))
    messages.success(request, "The decision is reversed; receivers are told.")
    return redirect("cases:case-detail", ref)


def _step_refused(
    request: DeskRequest, case: Case, *, status: int = 422, **forms_: Any
) -> HttpResponse:
    """The case again, with the refusal and what was typed; there or, when all is over, on top."""
    case.refresh_from_db()
    (form,) = forms_.values()
    if case.state != State.CLOSED:
        for told in form.non_field_errors():
            messages.error(request, told)
    return render_case(request, case, form=decision_form(case), status=status, refused=forms_)


def _second_page(
    request: DeskRequest,
    review: SecondReview,
    form: OpinionForm,
    *,
    settling: SettleForm | None = None,
    status: int = 200,
) -> HttpResponse:
    waits = review.state == ReviewState.WAITING
    own = {review.decision.actor_id, review.reviewer_id}
    may_settle = policy.allowed(request.user, "review.settle") and request.user.pk not in own
    context: dict[str, Any] = {
        "section": "quality",
        "review": review,
        "case": review.decision.case,
        "form": form,
        "waits": waits,
        "can_settle": review.state == ReviewState.DISAGREED and may_settle,
        "settling": settling or SettleForm(),
        "key": ids.new_uuid(),
        "sides": SIDES,
        "verdicts": VERDICTS,
        **(terms.context(review.decision.case, request.user) if waits else {}),
    }
    return render(request, "cases/second.html", context, status=status)


def _appeal_page(
    request: DeskRequest, row: Appeal, form: RulingForm, *, status: int = 200
) -> HttpResponse:
    waits = row.state == AppealState.WAITING
    context: dict[str, Any] = {
        "section": "quality",
        "appeal": row,
        "decision": row.decision,
        "case": row.decision.case,
        "form": form,
        "waits": waits,
        "can_rule": waits and waiting_appeals_for(request.user).filter(pk=row.pk).exists(),
        "rulings": [(one.value, one.label) for one in RULINGS],
        "outcomes": Outcome.choices,
        **(terms.context(row.decision.case, request.user) if waits else {}),
    }
    return render(request, "cases/appeal.html", context, status=status)


def _told(form: Any, error: AbuseDeskError) -> Any:
    """The form with a refusal beside what was typed."""
    form.add_error(error.field if error.field in form.fields else None, error.message)
    return form


def _require_reviewer(viewer: User) -> None:
    if not policy.allowed(viewer, "review.give"):
        message = "There is no such page."
        raise NotFoundError(message)
