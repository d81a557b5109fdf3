"""The signals page and one signal."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from abusedesk.core import text
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.templatetags.ui import span
from detectors.models import Signal
from detectors.schema import Kind
from detectors.selectors.config import lag_for
from detectors.selectors.reference import lists_of
from detectors.selectors.signal import entities_of, findings_citing, signal_by_id, signals_for
from detectors.ui.chips import chips

PAGE = 50
FILTERS = ("platform", "kind", "actor", "text")
WHOLE = 100_000
CITED = 50


@login_required
@require_GET
def signal_list(request: DeskRequest) -> HttpResponse:
    """Stored signals, newest first."""
    filters = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = _filtered(signals_for(request.user), filters)
    start = _start(request.GET.get("from", ""))
    rows = list(found[start : start + PAGE + 1])
    lag = lag_for(request.user)
    context = {
        "section": "signals",
        "filters": filters,
        "filtered": any(filters.values()),
        "platforms": _platforms(rows),
        "kinds": [kind.value for kind in Kind],
        "lag": span(lag) if lag else "",
        "rows": rows[:PAGE],
        "shown": f"{start + 1} to {start + len(rows[:PAGE])}",
        "step": PAGE,
        "first": _link(request, 0) if start else "",
        "more": _link(request, start + PAGE) if len(rows) > PAGE else "",
    }
    return render_part(request, "detectors/signal_list.html", context, part="rows")


@login_required
@require_GET
def signal_detail(request: DeskRequest, signal_id: int) -> HttpResponse:
    """One signal with what was extracted and what was found with it."""
    signal = signal_by_id(signal_id, request.user)
    mentions = [(one, (one.entity.type, one.entity.value)) for one in entities_of(signal)]
    listed = lists_of([thing for _, thing in mentions])
    whole = request.GET.get("text") == "all"
    context = {
        "section": "signals",
        "signal": signal,
        "text_view": text.safe_view(signal.text, WHOLE if whole else text.GRAPHEMES),
        "is_cut": not whole and text.is_long(signal.text),
        "entities": [(one, chips(listed.get(thing, []))) for one, thing in mentions],
        "findings": findings_citing(signal)[:CITED],
        "raw": raw_of(signal),
    }
    return render(request, "detectors/signal_detail.html", context)


def raw_of(signal: Signal) -> str:
    """The signal as JSON, defanged; hidden characters stay escaped, so nothing in it can act."""
    body = {
        "external_id": signal.external_id,
        "platform": signal.platform,
        "kind": signal.kind,
        "occurred_at": signal.occurred_at.isoformat(),
        "actor": signal.actor,
        "text": signal.text,
        **signal.payload,
    }
    return text.defang(json.dumps(body, indent=2, ensure_ascii=True))


def _filtered(signals: QuerySet[Signal], filters: dict[str, str]) -> QuerySet[Signal]:
    if filters["platform"]:
        signals = signals.filter(platform=filters["platform"].lower())
    if filters["kind"]:
        signals = signals.filter(kind=filters["kind"])
    if filters["actor"]:
        signals = signals.filter(actor=filters["actor"])
    if filters["text"]:
        signals = signals.filter(text__icontains=filters["text"])
    return signals


def _platforms(rows: list[Signal]) -> list[str]:
    return sorted({row.platform for row in rows})


def _start(asked: str) -> int:
    return int(asked) if asked.isdecimal() and len(asked) < 7 else 0  # noqa: PLR2004 -- a million


def _link(request: DeskRequest, start: int) -> str:
    query = request.GET.copy()
    query["from"] = str(start)
    return f"{reverse('detectors:signal-list')}?{query.urlencode()}"
