"""Pages of cases with a known answer: the set, own results, how far people agree."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import AbuseDeskError, ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import policy
from cases.models import PolicyVersion
from cases.selectors.case import case_by_ref
from cases.selectors.golden import (
    agreement_for,
    golden_item_by_id,
    golden_items_for,
    own_results_for,
    wrong_answers_for,
)
from cases.selectors.policy import policies_for
from cases.selectors.review import own_reviews_for
from cases.services.golden import DAYS, DAYS_MOST, mark_golden, retire_golden, see_own_results
from detectors.choices import Outcome

SHOWN: Final = 100


class GoldenForm(forms.Form):
    """A closed case and its known answer."""

    case = forms.CharField(max_length=20, help_text="Its reference; the case is closed.")
    outcome = forms.ChoiceField(label="Known answer", choices=Outcome.choices)
    under = forms.ModelChoiceField(
        PolicyVersion.objects.none(), label="Under", required=False, empty_label="no policy"
    )
    days = forms.IntegerField(
        label="Use it for days",
        min_value=1,
        max_value=DAYS_MOST,
        initial=DAYS,
        help_text="Evidence keeps its dates: an old case is easier to tell from a new one.",
    )
    reason = forms.CharField(
        label="Why is this the answer?",
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Reviewers read it with their result.",
    )

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["under"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = policies_for(viewer)


@login_required
@require_http_methods(["GET", "POST"])
def golden_set(request: DeskRequest) -> HttpResponse:
    """The golden set, and the form for one more."""
    _require(request.user, "golden.save")
    form = GoldenForm(
        request.POST or None, viewer=request.user, initial={"case": request.GET.get("case", "")}
    )
    if request.method == "POST" and form.is_valid() and _marked(request, form):
        return redirect("cases:golden")
    context = {
        "section": "quality",
        "rows": golden_items_for(request.user)[:SHOWN],
        "form": form,
        "now": clock.now(),
    }
    return render(request, "cases/golden.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def golden_retire(request: DeskRequest, golden_id: int) -> HttpResponse:
    """Take an item out of use."""
    _require(request.user, "golden.save")
    item = golden_item_by_id(golden_id, request.user)
    try:
        retire_golden(actor=request.user, item=item)
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Nobody is checked with {item.case.ref} from now on.")
    return redirect("cases:golden")


@login_required
@require_GET
def own_results(request: DeskRequest) -> HttpResponse:
    """What this person said where the answer is known; leads see it after them."""
    _require(request.user, "golden.own")
    see_own_results(actor=request.user)
    context = {
        "section": "quality",
        "rows": own_results_for(request.user)[:SHOWN],
        "looks": own_reviews_for(request.user)[:SHOWN],
    }
    return render(request, "cases/own_results.html", context)


@login_required
@require_GET
def agreement(request: DeskRequest) -> HttpResponse:
    """Kappa by policy version and by person, and the answers that differ."""
    _require(request.user, "golden.save")
    context = {
        "section": "quality",
        "report": agreement_for(request.user),
        "wrong": wrong_answers_for(request.user)[:SHOWN],
    }
    return render(request, "cases/agreement.html", context)


def _marked(request: DeskRequest, form: GoldenForm) -> bool:
    said = form.cleaned_data
    try:
        case = case_by_ref(said.pop("case").strip(), request.user)
        mark_golden(actor=request.user, case=case, **said)
    except (ConflictError, InvalidError, NotFoundError) as error:
        form.add_error(_field_of(error, form), error.message)
        return False
    messages.success(request, f"{case.ref} is in the golden set.")
    return True


def _field_of(error: AbuseDeskError, form: forms.Form) -> str | None:
    if isinstance(error, NotFoundError):
        return "case"
    return error.field if error.field in form.fields else None


def _require(viewer: User, verb: str) -> None:
    if not policy.allowed(viewer, verb):
        message = "There is no such page."
        raise NotFoundError(message)
