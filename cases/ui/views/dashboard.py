"""The operations dashboard: always a full load, because the policy belongs to the document."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from abusedesk.core import clock
from abusedesk.core.charts import with_charts
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.templatetags.ui import relative, span
from cases import figures
from cases.paging import told, total
from cases.selectors.case import queue_counts
from cases.selectors.dashboard import backlog_ages, cases_by_day
from detectors.backpressure import limit_of
from detectors.selectors.dashboard import signals_by_day
from detectors.selectors.lag import Lag, lag_for

SPANS = (7, 14, 30, 90)


@login_required
@require_GET
@with_charts
def operations(request: DeskRequest) -> HttpResponse:
    """Signals in, cases opened and closed, age of what waits."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(value) for value in SPANS} else SPANS[1]
    today = clock.now().date()
    dates = [today - timedelta(days=back) for back in reversed(range(days))]
    context = {
        "section": "dashboards",
        "days": days,
        "spans": SPANS,
        "tiles": _tiles(request),
        "charts": [
            figures.signals_chart(signals_by_day(request.user, days), dates),
            figures.cases_chart(cases_by_day(request.user, days), dates),
            figures.backlog_chart(backlog_ages(request.user)),
        ],
    }
    return render(request, "cases/operations.html", context)


def _tiles(request: DeskRequest) -> list[dict[str, Any]]:
    counts = queue_counts(request.user)
    queues = reverse("cases:queues")
    oldest = min((one.oldest_at for one in counts if one.oldest_at), default=None)
    return [
        {
            "value": told(total(counts, "open")),
            "label": "wait for review",
            "href": queues,
        },
        {"value": told(total(counts, "late")), "label": "are late", "href": queues},
        {
            "value": relative(oldest) if oldest else "none",
            "label": "oldest waiting",
            "href": queues,
        },
        _lag_tile(lag_for(request.user)),
    ]


def _lag_tile(lag: Lag) -> dict[str, Any]:
    """The slowest reader of the stream, and whether senders are asked to wait for it."""
    told = "no stored signal waits"
    if lag.signals:
        unit = "signal waits" if lag.signals == 1 else "signals wait"
        told = f"behind: {lag.signals:,} {unit} for {lag.reader}"
    return {
        "value": span(lag.seconds),
        "label": f"{told}; senders get 429" if limit_of(lag) else told,
        "href": reverse("detectors:detector-list"),
    }
