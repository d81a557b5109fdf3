"""Settings tried on stored history: start it from the detector's form, watch it, read it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core.charts import with_charts
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest, render_part
from detectors import registry
from detectors.choices import Mode
from detectors.forms import config_form, field_at_fault, numbers_of
from detectors.policy import allowed, require
from detectors.selectors.backtest import backtest_by_id
from detectors.selectors.config import detector_by_slug, params_of, versions_of
from detectors.selectors.offered import offered_for
from detectors.services.backtest import cancel_backtest, start_backtest
from detectors.sweeping import MAX_VALUES, Sweep
from detectors.ui.backtest import shown
from detectors.ui.sweep import proposed_values, read_values
from detectors.ui.views.detector import detector_page
from detectors.ui.window import WINDOWS, window_of


@login_required
@require_POST
def backtest_start(request: DeskRequest, slug: str) -> HttpResponse:
    """Try the settings of the form on the last days; nothing of it comes into force."""
    require(request.user, "detector.backtest")
    detector = detector_by_slug(slug, request.user)
    versions = versions_of(slug, request.user)
    form = config_form(detector.Params, params_of(slug), Mode.LIVE.value, request.POST)
    form.fields["reason"].required = form.fields["mode"].required = False
    if not form.is_valid():
        return detector_page(request, slug, versions, form, status=422)
    try:
        run = start_backtest(
            actor=request.user,
            slug=slug,
            params=form.params(),
            **window_of(request.POST.dict(), request.user),
        )
    except InvalidError as error:
        form.add_error(field_at_fault(form, error.field), error.message)
        return detector_page(request, slug, versions, form, status=422)
    except ConflictError as error:
        form.add_error(None, error.message)
        return detector_page(request, slug, versions, form, status=409)
    return redirect("detectors:backtest", slug, run.pk)


@login_required
@require_http_methods(["GET", "POST"])
def sweep_new(request: DeskRequest, slug: str) -> HttpResponse:
    """Choose a setting and its values; POST tries them all in one run."""
    require(request.user, "detector.backtest")
    model = detector_by_slug(slug, request.user).Params
    name = request.POST.get("parameter", "") or request.GET.get("parameter", "")
    typed = request.POST.get("values", "")
    error, status = None, 200
    if request.method == "POST":
        try:
            run = start_backtest(
                actor=request.user,
                slug=slug,
                params={},
                sweep=Sweep(name, read_values(typed)),
                **window_of(request.POST.dict(), request.user),
            )
        except (ConflictError, InvalidError) as refused:
            error, status = refused, refused.status
        else:
            return redirect("detectors:backtest", slug, run.pk)
    names, offered = numbers_of(model), offered_for(request.user)
    name = name if name in names else next(iter(names), "")
    context = {
        "section": "detectors",
        "meta": registry.get(slug).meta,
        "names": names.items(),
        "name": name,
        "typed": typed or proposed_values(model, name, params_of(slug)),
        "most": MAX_VALUES,
        "error": error.message if error else "",
        "error_field": error.field if error else "",
        "windows": WINDOWS,
        "days": request.POST.get("days", "30"),
        "lines": offered.lines,
        "line": request.POST.get("line", ""),
        "sources": offered.places["source"],
        "source": request.POST.get("source", ""),
    }
    return render(request, "detectors/sweep_new.html", context, status=status)


@login_required
@require_GET
@with_charts
def backtest_detail(request: DeskRequest, slug: str, backtest_id: int) -> HttpResponse:
    """How far it is; when it is done, what the settings would change."""
    run = backtest_by_id(backtest_id, request.user, slug)
    context = {
        "section": "detectors",
        "can_try": allowed(request.user, "detector.backtest"),
        **shown(run),
    }
    response = render_part(request, "detectors/backtest.html", context, part="progress")
    if not context["running"] and request.htmx:  # a chart needs a page of its own
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def backtest_cancel(request: DeskRequest, slug: str, backtest_id: int) -> HttpResponse:
    """Stop it."""
    run = backtest_by_id(backtest_id, request.user, slug)
    try:
        cancel_backtest(actor=request.user, run=run)
    except ConflictError as error:
        messages.info(request, error.message)
    return redirect("detectors:backtest", slug, run.pk)
