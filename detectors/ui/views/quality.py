"""The quality dashboard of detectors: always a full load, because the policy belongs to it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from abusedesk.core.charts import with_charts
from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.templatetags.ui import percent
from detectors.calibration.curve import MIN_VERDICTS
from detectors.calibration.evidence import BOUNDS
from detectors.calibration.proportion import ENOUGH
from detectors.fits import table_of
from detectors.selectors.alarm import open_alarms_for
from detectors.selectors.calibration import State, calibration_for
from detectors.selectors.config import detectors_for
from detectors.selectors.precision import fares_for
from detectors.ui.reliability import measured, reliability


@login_required
@require_GET
@with_charts
def detector_quality(request: DeskRequest) -> HttpResponse:
    """How far probabilities agree with reviewers, and how each detector fares."""
    state = calibration_for(request.user)
    if state is None:
        message = "There is no such page."
        raise NotFoundError(message)
    fares = fares_for(request.user)
    known = detectors_for(request.user, fares)
    titles = {slug: kind.meta.title for slug, kind in known.items()}
    context = {
        "section": "dashboards",
        "state": state,
        "alarms": open_alarms_for(request.user),
        "least": MIN_VERDICTS,
        "tiles": _tiles(state),
        "chart": reliability(state),
        "rows": [
            {"slug": slug, "title": titles[slug], "fares": fares[slug]}
            for slug in titles
            if slug in fares
        ],
        "weight_rows": _weights(state),
        "percent": settings.AUDIT_SAMPLE_PERCENT,
    }
    return render(request, "detectors/detector_quality.html", context)


def _tiles(state: State) -> list[dict[str, str]]:
    """Scores of a few verdicts are mostly chance: then they are not shown."""
    found, where = measured(state)
    numbers = {
        "Brier score": f"{found.brier:.3f}",
        "calibration error (ECE)": f"{found.ece:.3f}",
        "confirmed as abuse": percent(found.base_rate),
    }
    shown = found.n >= ENOUGH
    tiles = [
        {"value": value if shown else "too few", "label": f"{name}, n = {found.n:,}; {where}"}
        for name, value in numbers.items()
    ]
    when = f"{state.last.created_at:%-d %b %Y}" if state.last else "never"
    kept = "activated" if state.last and state.last.in_force else "not activated"
    return [*tiles, {"value": when, "label": f"last fit{f', {kept}' if state.last else ''}"}]


def _weights(state: State) -> list[dict[str, Any]]:
    table = table_of(state.weights)
    return [
        {
            "family": row.family,
            "band": _band(row.band),
            "weighs": f"{max(0.0, row.llr):.2f}",
            "confirmed": row.confirmed,
            "random": row.random,
        }
        for row in (table.rows if table else [])
    ]


def _band(number: int) -> str:
    """Between which strengths a band lies."""
    edges = ("0", *(f"{one:g}" for one in BOUNDS))
    return f"{edges[number]} to {edges[number + 1]}" if number < len(BOUNDS) else f"{edges[-1]} up"
