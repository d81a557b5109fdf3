"""The page on which a finding is scored again."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from abusedesk.core.htmx import DeskRequest
from detectors.models import Finding, Signal
from detectors.selectors.recompute import Change, rescored_by_id
from detectors.selectors.signal import signals_for

LISTED: Final = 50
MINUTE_S: Final = 60
MAX_MINUTES: Final = 100_000


class SupposeForm(forms.Form):
    """One cited signal, left out or moved in time."""

    signal = forms.IntegerField(required=False, min_value=1)
    minutes = forms.IntegerField(required=False, min_value=-MAX_MINUTES, max_value=MAX_MINUTES)


@login_required
@require_GET
def finding_recompute(request: DeskRequest, finding_id: int) -> HttpResponse:
    """Stored and recomputed score; with `signal`, what it would be without it or later."""
    form = SupposeForm(request.GET)
    changes = _changes(form, request) if form.is_valid() else {}
    found = rescored_by_id(finding_id, request.user, changes)
    context = {
        "section": "detectors",
        "found": found,
        "finding": found.finding,
        "form": form,
        "supposed": next(iter(changes), None),
        "minutes": form.cleaned_data.get("minutes") if form.is_valid() else None,
        "signals": _cited(found.finding, request),
        "cited_total": len(found.finding.signal_ids),
    }
    return render(request, "detectors/finding_recompute.html", context)


def _cited(finding: Finding, request: DeskRequest) -> list[Signal]:
    rows = signals_for(request.user).filter(pk__in=finding.signal_ids[:LISTED])
    return list(rows.order_by("occurred_at", "pk"))


def _changes(form: SupposeForm, request: DeskRequest) -> dict[int, Change]:
    number, minutes = form.cleaned_data["signal"], form.cleaned_data["minutes"]
    if not number:
        return {}
    if not minutes:
        return {number: Change(leave_out=True)}
    signal = signals_for(request.user).filter(pk=number).first()
    if signal is None:
        return {}
    return {number: Change(at=signal.occurred_at.timestamp() + minutes * MINUTE_S)}
