"""Move a threshold and see at once which stored findings and cases it would cost."""

from __future__ import annotations

import math

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest, render_part
from detectors import registry
from detectors.policy import allowed, require
from detectors.selectors.config import detector_by_slug, params_of
from detectors.selectors.what_if import what_if_for
from detectors.services.backtest import start_backtest
from detectors.ui.what_if import shown
from detectors.ui.window import WINDOWS, window_of

MAX_NAME = 200


@login_required
@require_GET
def what_if(request: DeskRequest, slug: str) -> HttpResponse:
    """The histogram of one condition, and what a threshold `?at=` keeps and loses."""
    by = request.GET.get("by", "").replace("\x00", "")[:MAX_NAME]
    told = what_if_for(request.user, slug, by, number_of(request.GET.get("at", "")))
    context = {
        "section": "detectors",
        "meta": registry.get(slug).meta,
        "can_try": allowed(request.user, "detector.backtest"),
        "windows": WINDOWS,
        **shown(told),
    }
    return render_part(request, "detectors/what_if.html", context, part="effect")


@login_required
@require_POST
def what_if_backtest(request: DeskRequest, slug: str) -> HttpResponse:
    """Try the moved threshold, all else as it is in force, on stored signals."""
    require(request.user, "detector.backtest")
    fields = detector_by_slug(slug, request.user).Params.model_fields
    name, at = request.POST.get("parameter", ""), number_of(request.POST.get("at", ""))
    if name not in fields or at is None:
        messages.error(request, "Move the threshold of a setting first.")
        return redirect("detectors:what-if", slug)
    value = int(at) if fields[name].annotation is int and at == int(at) else at
    try:
        run = start_backtest(
            actor=request.user,
            slug=slug,
            params={**params_of(slug), name: value},
            **window_of(request.POST.dict(), request.user),
        )
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
        return redirect("detectors:what-if", slug)
    return redirect("detectors:backtest", slug, run.pk)


def number_of(text: str) -> float | None:
    """The finite number that was sent, if it is one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
