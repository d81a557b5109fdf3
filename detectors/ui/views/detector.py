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
from abusedesk.core.templatetags.ui import span
from detectors import registry
from detectors.choices import DraftState, Mode
from detectors.forms import (
    ConfigForm,
    config_form,
    field_at_fault,
    modes_of,
    overrides_in,
    param_rows,
)
from detectors.models import DetectorConfig, DetectorDraft
from detectors.needs import missing
from detectors.policy import allowed, change_verb, require
from detectors.selectors.alarm import open_alarms_for
from detectors.selectors.backtest import backtests_for
from detectors.selectors.config import (
    configs_for,
    detector_by_slug,
    detectors_for,
    versions_of,
)
from detectors.selectors.draft import drafts_for
from detectors.selectors.offered import offered_for
from detectors.selectors.precision import (
    NOTHING,
    fares_for,
    precisions_for,
)
from detectors.selectors.scenario import scenarios_by_detector
from detectors.selectors.stats import WINDOW, DetectorStats, stats_for
from detectors.services.draft import MAX_SHADOW_DAYS, propose_config
from detectors.sigma.detector import is_rule
from detectors.ui.shadows import in_force, shadows
from detectors.ui.window import WINDOWS

SHOWN_RUNS = 5
SHOWN_VERSIONS = 3


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
    alarms = open_alarms_for(request.user)
    context = {
        "section": "detectors",
        "rows": rows,
        "alarms": alarms,
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
    require(request.user, change_verb(slug))
    draft = _proposed(request, slug, form) if form.is_valid() else None
    if draft is None:
        return detector_page(request, slug, versions, form, status=422)
    if draft.made is None:
        return redirect("detectors:draft", slug, draft.pk)
    messages.success(request, f"Version {draft.made.number} is in force from the next tick.")
    return redirect("detectors:detector-detail", slug)


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
    alarms = open_alarms_for(request.user, slug)
    offered = offered_for(request.user)
    context: dict[str, Any] = {
        "section": "detectors",
        "meta": meta,
        "missing": missing(meta),
        "family": meta.family.value,
        "kinds": ", ".join(meta.kinds) or "every kind",
        "lookback": span(meta.lookback_s),
        "mode": config.mode if config else Mode.OFF.value,
        "tripped": config is not None and config.is_tripped,
        "chosen_mode": form["mode"].value(),
        "modes": modes_of(config.number, config.mode) if config else Mode.choices,
        "config": config,
        "form": form,
        "error": next(iter(form.non_field_errors()), ""),
        "params": param_rows(form, detector.Params),
        "overrides": overrides_in(form, detector.Params, offered.places),
        "can_save": allowed(request.user, change_verb(slug)),
        "is_rule": is_rule(slug),
        "can_try": allowed(request.user, "detector.backtest"),
        "windows": WINDOWS,
        "days": request.POST.get("days", "30"),
        "lines": offered.lines,
        "line": request.POST.get("line", ""),
        "sources": offered.places["source"],
        "source": request.POST.get("source", ""),
        "runs": backtests_for(request.user, slug)[:SHOWN_RUNS],
        "drafts": drafts_for(request.user, slug).filter(state=DraftState.OPEN)[:SHOWN_RUNS],
        "shadows": shadows(request.user, versions, stats, alarms),
        "tests": scenarios_by_detector(slug, request.user, config.params_hash if config else ""),
        "max_shadow_days": MAX_SHADOW_DAYS,
        "versions": versions[:SHOWN_VERSIONS],
        "alarms": alarms,
        "stats": stats,
        "findings_a_day": stats.findings_7d / WINDOW.days,
        "fares": fares_for(request.user).get(slug),
        "lag": span(stats.lag_s) if stats.lag_s else "up to date",
    }
    return render(request, "detectors/detector_detail.html", context, status=status)


def _proposed(request: DeskRequest, slug: str, form: ConfigForm) -> DetectorDraft | None:
    said, (mode, beside) = form.cleaned_data, form.chosen()
    try:
        return propose_config(
            actor=request.user,
            slug=slug,
            mode=mode,
            beside=beside,
            params=form.params(),
            reason=said["reason"],
            promote_after_days=said["promote_after_days"],
            lost_because=said["lost_because"],
        )
    except InvalidError as error:
        form.add_error(field_at_fault(form, error.field), error.message)
        return None


def _row(slug: str, config: DetectorConfig | None, stats: DetectorStats) -> dict[str, Any]:
    meta = registry.get(slug).meta
    return {
        "slug": slug,
        "title": meta.title,
        "doc": meta.doc,
        "family": meta.family.value,
        "mode": config.mode if config else Mode.OFF.value,
        "tripped": config is not None and config.is_tripped,
        "config": config,
        "findings_7d": stats.findings_7d,
        "opening": stats.opening,
        "lag": span(stats.lag_s) if stats.lag_s else "0 s",
        "error": stats.error,
        "beside": stats.beside,
    }
