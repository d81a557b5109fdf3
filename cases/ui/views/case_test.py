"""A confirmed case becomes a test of the detectors that found it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.models import Case
from cases.selectors.case import case_by_ref
from cases.services.case_test import save_case_as_test
from detectors.reasons import REASON_CHARS
from detectors.selectors.scenario import scenario_by_origin
from detectors.services.scenario import DAYS, MAX_DAYS


class CaseTestForm(forms.Form):
    """Why the case must be found again, and for how long its signals are kept."""

    reason = forms.CharField(
        max_length=REASON_CHARS,
        label="Why must it be found again?",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why; the next person will ask."},
    )
    days = forms.IntegerField(
        label="Keep the copies for days", min_value=1, max_value=MAX_DAYS, initial=DAYS
    )


@login_required
@require_http_methods(["GET", "POST"])
def case_test(request: DeskRequest, ref: str) -> HttpResponse:
    """The form; POST saves the case as a test."""
    case = case_by_ref(ref, request.user)
    policy.require(request.user, "case.test", case)
    form = CaseTestForm(request.POST or None)
    if request.method != "POST":
        return _page(request, case, form)
    if form.is_valid():
        try:
            scenario = save_case_as_test(actor=request.user, case=case, **form.cleaned_data)
        except (ConflictError, InvalidError) as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return _page(request, case, form, error.status)
        messages.success(request, f"{case.ref} is a test from now on.")
        return redirect("detectors:scenario", scenario.pk)
    return _page(request, case, form, 422)


def _page(request: DeskRequest, case: Case, form: CaseTestForm, status: int = 200) -> HttpResponse:
    context = {
        "section": "cases",
        "case": case,
        "form": form,
        "scenario": scenario_by_origin(case.ref, request.user),
    }
    return render(request, "cases/case_test.html", context, status=status)
