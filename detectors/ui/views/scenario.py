"""Cases as tests: the list, what one holds and must find, its file, and how it ends."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from detectors.models import Scenario
from detectors.policy import allowed, require_sight
from detectors.reasons import REASON_CHARS
from detectors.selectors.scenario import (
    copies_for,
    expectations_for,
    scenario_by_id,
    scenarios_for,
)
from detectors.services.scenario import erase_account, erase_scenario, export_scenario
from detectors.services.scenario_run import run_scenario as run_now

SHOWN: Final = 100


class AccountForm(forms.Form):
    """Whom to erase, and why."""

    account = forms.CharField(max_length=242, help_text="As platform:name.")
    reason = forms.CharField(
        max_length=REASON_CHARS, label="Why", help_text="The audit keeps it; do not name anybody."
    )


@login_required
@require_GET
def scenario_list(request: DeskRequest) -> HttpResponse:
    """All tests, newest first."""
    return _list(request, AccountForm())


@login_required
@require_POST
def account_erase(request: DeskRequest) -> HttpResponse:
    """Take one account out of every test."""
    form = AccountForm(request.POST)
    if form.is_valid():
        try:
            touched = erase_account(actor=request.user, **form.cleaned_data)
        except InvalidError as error:
            form.add_error(error.field or None, error.message)
        else:
            messages.success(request, f"Erased from {touched} test{'' if touched == 1 else 's'}.")
            return redirect("detectors:scenario-list")
    return _list(request, form, 422)


@login_required
@require_GET
def scenario_detail(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """One test."""
    return _page(request, scenario_by_id(scenario_id, request.user))


@login_required
@require_POST
def scenario_run(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """Run it with the settings in force."""
    scenario = scenario_by_id(scenario_id, request.user)
    failed = run_now(actor=request.user, scenario=scenario)
    messages.info(request, f"Run with the settings in force: {failed} lost.")
    return redirect("detectors:scenario", scenario.pk)


@login_required
@require_POST
def scenario_file(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """The file for `manage.py detectors test`."""
    scenario = scenario_by_id(scenario_id, request.user)
    try:
        body = export_scenario(actor=request.user, scenario=scenario)
    except ConflictError as error:
        return _page(request, scenario, error=error.message, status=409)
    return HttpResponse(
        body,
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{scenario.origin}.ndjson"'},
    )


@login_required
@require_POST
def scenario_erase(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """Erase the copies."""
    scenario = scenario_by_id(scenario_id, request.user)
    reason = request.POST.get("reason", "")
    try:
        erase_scenario(actor=request.user, scenario=scenario, reason=reason)
    except InvalidError as error:
        return _page(request, scenario, error=error.message, typed=reason, status=422)
    except ConflictError as error:
        messages.info(request, error.message)
    return redirect("detectors:scenario", scenario.pk)


def _list(request: DeskRequest, form: AccountForm, status: int = 200) -> HttpResponse:
    require_sight(request.user, "signal.view")
    context = {
        "section": "tests",
        "rows": scenarios_for(request.user)[:SHOWN],
        "copies": copies_for(request.user),
        "can_erase_account": allowed(request.user, "scenario.erase_account"),
        "form": form,
    }
    return render(request, "detectors/scenario_list.html", context, status=status)


def _page(
    request: DeskRequest, scenario: Scenario, error: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "section": "tests",
        "scenario": scenario,
        "expected": expectations_for(request.user).filter(scenario=scenario),
        "left_out": sorted(scenario.left_out.items()),
        "can_run": allowed(request.user, "detector.backtest"),
        "can_export": allowed(request.user, "scenario.export"),
        "can_erase": allowed(request.user, "scenario.save"),
        "error": error,
        "typed": typed,
    }
    return render(request, "detectors/scenario_detail.html", context, status=status)
