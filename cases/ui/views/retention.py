"""Retention: rules, legal holds, plans that are verified and purged."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core.errors import AbuseDeskError, ConflictError, NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.models import User
from cases import policy
from cases.services.hold import free_hold, save_hold
from cases.services.retention import begin_purge, end_purge, verify_purge
from cases.ui.forms import ReasonForm
from cases.ui.retention import HoldForm, PurgeForm, RuleForm, blocks, size
from detectors.choices import HoldKind, PurgeState
from detectors.models import PurgeRun, Source
from detectors.selectors.retention import (
    hold_by_id,
    holds_for,
    purge_by_id,
    purges_for,
    rule_by_id,
    rules_for,
    warnings_for,
)
from detectors.services.purge import WORKING
from detectors.services.retention import end_rule, save_rule

SHOWN = 50
HOLD_ID = "hold_%s"  # beside another form on the page


@login_required
@require_http_methods(["GET", "POST"])
def retention(request: DeskRequest) -> HttpResponse:
    """Rules, holds and past purges; POST saves a rule."""
    _require_admin(request.user)
    if request.method != "POST":
        return _page(request)
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    rule = save_rule(actor=request.user, **form.cleaned_data)
    kept = f"for {rule.days} days" if rule.days else "for good"
    messages.success(request, f"In force: {rule}, {kept}. Nothing goes before a purge.")
    return redirect("cases:retention")


@login_required
@require_POST
def rule_end(request: DeskRequest, rule_id: int) -> HttpResponse:
    """Take a rule out of force."""
    _require_admin(request.user)
    rule = rule_by_id(rule_id, request.user)
    end_rule(actor=request.user, rule=rule)
    messages.success(request, f"Not in force any more: {rule}.")
    return redirect("cases:retention")


@login_required
@require_POST
def verify(request: DeskRequest) -> HttpResponse:
    """Count what a purge would take."""
    _require_admin(request.user)
    run = verify_purge(actor=request.user)
    return redirect("cases:purge-run", run.pk)


@login_required
@require_http_methods(["GET", "POST"])
def purge_run(request: DeskRequest, run_id: int) -> HttpResponse:
    """One plan with its counts, and how far its purge is; POST starts it."""
    _require_admin(request.user)
    run = purge_by_id(run_id, request.user)
    if request.method != "POST":
        return _run_page(request, run)
    form = PurgeForm(request.POST)
    if not form.is_valid():
        return _run_page(request, run, form=form, status=422)
    try:
        begin_purge(actor=request.user, run=run, signals=form.cleaned_data["signals"])
    except AbuseDeskError as error:
        form.add_error(error.field or None, error.message)
        return _run_page(request, run, form=form, status=error.status)
    return redirect("cases:purge-run", run.pk)


@login_required
@require_POST
def purge_stop(request: DeskRequest, run_id: int) -> HttpResponse:
    """Stop a purge that runs."""
    _require_admin(request.user)
    try:
        end_purge(actor=request.user, run=purge_by_id(run_id, request.user))
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("cases:purge-run", run_id)


@login_required
@require_POST
def hold_place(request: DeskRequest) -> HttpResponse:
    """Place a legal hold."""
    _require_admin(request.user)
    form = HoldForm(request.POST, auto_id=HOLD_ID)
    if form.is_valid():
        said = form.cleaned_data
        try:
            hold = save_hold(
                actor=request.user,
                kind=HoldKind(said["kind"]),
                target=said["target"],
                reason=said["reason"],
            )
        except NotFoundError as error:
            form.add_error("target", error.message)
        except AbuseDeskError as error:
            form.add_error(error.field or None, error.message)
        else:
            messages.success(request, f"Held: {hold.target}.")
            return redirect("cases:retention")
    return _page(request, hold_form=form, status=422)


@login_required
@require_POST
def hold_release(request: DeskRequest, hold_id: int) -> HttpResponse:
    """Release a legal hold."""
    _require_admin(request.user)
    hold = hold_by_id(hold_id, request.user)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why the hold ends.")
        return redirect("cases:retention")
    free_hold(actor=request.user, hold=hold, reason=form.cleaned_data["reason"])
    messages.success(request, f"Not held any more: {hold.target}.")
    return redirect("cases:retention")


def _page(
    request: DeskRequest,
    *,
    form: RuleForm | None = None,
    hold_form: HoldForm | None = None,
    status: int = 200,
) -> HttpResponse:
    warnings = warnings_for(request.user)
    context = {
        "section": "retention",
        "rules": [(rule, warnings.get(rule.pk, "")) for rule in rules_for(request.user)],
        "holds": holds_for(request.user)[:SHOWN],
        "runs": purges_for(request.user)[:SHOWN],
        "form": form or RuleForm(),
        "hold_form": hold_form or HoldForm(auto_id=HOLD_ID),
    }
    return render(request, "cases/retention.html", context, status=status)


def _run_page(
    request: DeskRequest, run: PurgeRun, *, form: PurgeForm | None = None, status: int = 200
) -> HttpResponse:
    titles = dict(Source.objects.values_list("pk", "title"))
    context: dict[str, Any] = {
        "section": "retention",
        "run": run,
        "blocks": blocks(run, titles),
        "freed": size(run.bytes),
        "works": run.state in WORKING,
        "can_purge": run.state == PurgeState.VERIFIED and bool(run.signals or run.letters),
        "share": run.gone_signals / run.signals if run.signals else 1.0,
        "counted": sum(1 for month in run.months if month["counted"]),
        "form": form or PurgeForm(),
        "letters": [(titles.get(source, "?"), count) for source, count, _ in run.letter_lines],
    }
    return render_part(request, "cases/purge_run.html", context, part="state", status=status)


def _require_admin(user: User) -> None:
    if not policy.allowed(user, "retention.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
