"""Pages of policies: all of them, one with its versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import policy
from cases.choices import Effect, Question, Severity
from cases.models import PolicyVersion
from cases.selectors.policy import policies_for, policy_by_slug, policy_versions_for
from cases.services.policy import BOUNDS, SLUG_LIMIT, TEXTS, PolicyText, save_policy

SHOWN: Final = 50
NO_STATEMENT: Final[Mapping[str, Any]] = {}
HARMS: Final = [(one.value, one.label) for one in Severity if one]


def _number(label: str, name: str, first: int, help_text: str) -> forms.IntegerField:
    least, most = BOUNDS[name]
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, initial=first, help_text=help_text
    )


class PolicyForm(forms.Form):
    """The next version of a policy."""

    title = forms.CharField(label="Title", max_length=TEXTS["title"])
    text = forms.CharField(
        label="Text", max_length=TEXTS["text"], widget=forms.Textarea(attrs={"rows": 6})
    )
    harm = forms.TypedChoiceField(
        label="Harm", choices=HARMS, coerce=int, initial=Severity.MEDIUM.value
    )
    review_percent = _number(
        "Second review, percent", "review_percent", 5, "Of its decisions, drawn by lot."
    )
    review_over = forms.IntegerField(
        label="Second review above so many accounts",
        min_value=BOUNDS["review_over"][0],
        max_value=BOUNDS["review_over"][1],
        required=False,
        help_text="When more are suspended or terminated. Empty: no such rule.",
    )
    review_effect = forms.ChoiceField(
        label="What is above it is in force",
        choices=Effect.choices,
        initial=Effect.AT_ONCE,
        help_text="Decisions drawn by lot are in force at once.",
    )
    questions = forms.MultipleChoiceField(
        label="Asks",
        choices=Question.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    strikes = _number("Strikes", "strikes", 1, "Points for each account of a confirmed case.")
    strike_half_life_days = _number("Strikes halve in days", "strike_half_life_days", 90, "")
    strike_days = _number("Strikes end after days", "strike_days", 365, "")
    appeal_hours = _number("Hours for an appeal", "appeal_hours", 72, "Until a ruling is due.")
    reason = forms.CharField(label="Reason of this version", max_length=500)


class NewPolicyForm(PolicyForm):
    """The first version."""

    slug = forms.SlugField(
        label="Short name", max_length=SLUG_LIMIT, help_text="For programs; it stays."
    )
    field_order = ("slug",)


class NextPolicyForm(PolicyForm):
    """A later version. based_on: what its author saw."""

    based_on = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


@login_required
@require_http_methods(["GET", "POST"])
def policy_list(request: DeskRequest) -> HttpResponse:
    """Policies in force, and the form for one more."""
    _require_reader(request.user)
    form = NewPolicyForm(request.POST or None)
    if request.method == "POST":
        policy.require(request.user, "policy.save")
        if form.is_valid() and (row := _saved(request, form, form.cleaned_data["slug"])):
            return redirect("cases:policy-detail", row.slug)
    context = {
        "section": "policies",
        "rows": policies_for(request.user)[:SHOWN],
        "form": form,
        "can_save": policy.allowed(request.user, "policy.save"),
    }
    return render(request, "cases/policy_list.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def policy_detail(request: DeskRequest, policy_slug: str) -> HttpResponse:
    """One policy: its text in force, its versions, the form for the next."""
    row = policy_by_slug(policy_slug, request.user)
    form = NextPolicyForm(request.POST or None, initial=_initial(row))
    if request.method == "POST":
        policy.require(request.user, "policy.save")
        if form.is_valid() and _saved(request, form, row.slug, row.statement):
            return redirect("cases:policy-detail", row.slug)
    context: dict[str, Any] = {
        "section": "policies",
        "row": row,
        "questions": [one.label for one in Question if one in row.questions],
        "versions": policy_versions_for(request.user).filter(slug=row.slug)[:SHOWN],
        "form": form,
        "can_save": policy.allowed(request.user, "policy.save"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "cases/policy_detail.html", context, status=status)


def _saved(
    request: DeskRequest, form: PolicyForm, slug: str, statement: Mapping[str, Any] = NO_STATEMENT
) -> PolicyVersion | None:
    """The new version; None after a refusal, which is in the form. statement: of the last one."""
    said = dict(form.cleaned_data)
    said.pop("slug", None)
    reason, based_on = said.pop("reason"), said.pop("based_on", 0)
    try:
        row = save_policy(
            actor=request.user,
            slug=slug,
            said=PolicyText(**said, statement=dict(statement)),
            reason=reason,
            based_on=based_on,
        )
    except (ConflictError, InvalidError) as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    messages.success(request, f"{row} is in force.")
    return row


def _initial(row: PolicyVersion) -> dict[str, Any]:
    names = [name for name in PolicyForm.base_fields if name != "reason"]
    return {**{name: getattr(row, name) for name in names}, "based_on": row.number}


def _require_reader(viewer: User) -> None:
    if not policy.allowed(viewer, "policy.view"):
        message = "There is no such page."
        raise NotFoundError(message)
