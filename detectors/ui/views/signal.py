"""One signal."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from abusedesk.core import text
from abusedesk.core.htmx import DeskRequest, render_part
from detectors.models import Signal
from detectors.selectors.near import near_misses_of
from detectors.selectors.reference import lists_of
from detectors.selectors.signal import entities_of, findings_citing, signal_by_id
from detectors.ui.chips import chips

WHOLE = 100_000
CITED = 50


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


@login_required
@require_GET
def signal_near(request: DeskRequest, signal_id: int) -> HttpResponse:
    """What almost fired with this signal in it, for the signal's page or as one of its own."""
    signal = signal_by_id(signal_id, request.user)
    near = near_misses_of(signal, request.user)
    context = {"section": "signals", "signal": signal, "near": near}
    return render_part(request, "detectors/signal_near.html", context, part="near")


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
