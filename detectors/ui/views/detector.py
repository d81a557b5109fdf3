"""All detectors, and one with its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core.errors import InvalidError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import Role
from abusedesk.core.templatetags.ui import span
from detectors import registry
from detectors.choices import Mode
from detectors.forms import PREFIX, ConfigForm, config_form, param_rows
from detectors.models import DetectorConfig
from detectors.needs import missing
from detectors.policy import allowed
from detectors.selectors.backtest import backtests_for
from detectors.selectors.config import (
    DetectorStats,
    configs_for,
    detector_by_slug,
    detectors_for,
    stats_for,
    versions_of,
)
from detectors.selectors.precision import (
    NOTHING,
    fares_for,
    precisions_for,
    precisions_of,
)
from detectors.services.config import require_change, save_config
from detectors.sigma.detector import is_rule

WINDOWS = (7, 30, 90, 365)
"""Days that a backtest may span, as the page offers them."""
SHOWN_RUNS = 5


@login_required
@require_GET
def detector_list(request: DeskRequest) -> HttpResponse:
    """All detectors and how they fare."""
    configs, stats = configs_for(request.user), stats_for(request.user)
    precisions = precisions_for(request.user)
    rows = [
        _row(slug, configs.get(slug), stats.get(slug, DetectorStats()))
        | {"precision": precisions.get(slug, NOTHING)}
        for slug in detectors_for(request.user, configs)
    ]
    modes = [row["mode"] for row in rows]
    context = {
        "section": "detectors",
        "rows": rows,
        "can_write": allowed(request.user, "rule.save"),
        **{mode.value: modes.count(mode.value) for mode in Mode},
    }
    return render(request, "detectors/detector_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def detector_detail(request: DeskRequest, slug: str) -> HttpResponse:
    """One detector: what it does, its settings, their versions."""
    detector = detector_by_slug(slug, request.user)
    versions = versions_of(slug, request.user)
    config = in_force(versions)
    params = config.params if config else registry.defaults(slug).model_dump(mode="json")
    mode = config.mode if config else Mode.OFF.value
    form = config_form(detector.Params, params, mode, request.POST or None)
    if request.method != "POST":
        return detector_page(request, slug, versions, form)
    require_change(actor=request.user, slug=slug)
    if form.is_valid() and _saved(request, slug, form):
        return redirect("detectors:detector-detail", slug)
    return detector_page(request, slug, versions, form, status=422)


def in_force(versions: Sequence[DetectorConfig]) -> DetectorConfig | None:
    """The one of a detector's versions that counts; none while it is as shipped."""
    return next((one for one in versions if one.current), None)


def detector_page(
    request: DeskRequest,
    slug: str,
    versions: Sequence[DetectorConfig],
    form: ConfigForm,
    status: int = 200,
) -> HttpResponse:
    """The page of one detector, with its form as it was filled in."""
    detector = registry.get(slug)
    meta = detector.meta
    stats = stats_for(request.user).get(slug, DetectorStats())
    config = in_force(versions)
    context: dict[str, Any] = {
        "section": "detectors",
        "meta": meta,
        "missing": missing(meta),
        "family": meta.family.value,
        "kinds": ", ".join(meta.kinds) or "every kind",
        "lookback": span(meta.lookback_s),
        "mode": config.mode if config else Mode.OFF.value,
        "chosen_mode": form["mode"].value(),
        "modes": Mode.choices,
        "config": config,
        "form": form,
        "error": next(iter(form.non_field_errors()), ""),
        "params": param_rows(form, detector.Params),
        "can_save": allowed(request.user, "rule.save")
        if is_rule(slug)
        else request.user.role == Role.ADMIN,
        "is_rule": is_rule(slug),
        "can_try": allowed(request.user, "detector.backtest"),
        "windows": WINDOWS,
        "runs": backtests_for(request.user, slug)[:SHOWN_RUNS],
        "next_number": versions[0].number + 1 if versions else 1,
        "versions": versions,
        "stats": stats,
        "fares": fares_for(request.user).get(slug),
        "by_version": precisions_of(slug, request.user),
        "lag": span(stats.lag_s) if stats.lag_s else "up to date",
    }
    return render(request, "detectors/detector_detail.html", context, status=status)


def _saved(request: DeskRequest, slug: str, form: ConfigForm) -> bool:
    said = form.cleaned_data
    try:
        config = save_config(
            actor=request.user,
            slug=slug,
            mode=said["mode"],
            params=form.params(),
            reason=said["reason"],
        )
    except InvalidError as error:
        name = f"{PREFIX}{error.field}"
        form.add_error(name if name in form.fields else None, error.message)
        return False
    messages.success(request, f"Version {config.number} is in force from the next tick.")
    return True


def _row(slug: str, config: DetectorConfig | None, stats: DetectorStats) -> dict[str, Any]:
    meta = registry.get(slug).meta
    return {
        "slug": slug,
        "title": meta.title,
        "doc": meta.doc,
        "family": meta.family.value,
        "mode": config.mode if config else Mode.OFF.value,
        "config": config,
        "findings_7d": stats.findings_7d,
        "opening": stats.opening,
        "lag": span(stats.lag_s) if stats.lag_s else "0 s",
        "error": stats.error,
    }
