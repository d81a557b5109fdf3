"""The page of one case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from abusedesk.core import ids
from abusedesk.core.htmx import DeskRequest, render_part
from cases.lineage import survivor_id
from cases.masking import signal_item
from cases.models import Case
from cases.selectors.case import case_by_ref, queue_counts
from cases.services.case import record_visit
from cases.services.exposure import count_seen
from cases.ui import panels, rail
from cases.ui.forms import DecisionForm
from detectors.models import Signal

DRAFTS = "drafts"


@login_required
@require_GET
def case_detail(request: DeskRequest, ref: str) -> HttpResponse:
    """The case, or one of its tabs; a reference that was merged leads to the case that goes on."""
    case = case_by_ref(ref, request.user)
    if case.merged_into_id is not None:
        survivor = Case.objects.get(pk=survivor_id(case.pk))
        messages.info(request, f"{case.ref} is part of {survivor.ref} now.")
        return redirect("cases:case-detail", survivor.ref)
    if request.htmx and "preview" in request.GET:
        return render(request, "cases/case_preview.html", panels.preview(case, request.user))
    draft = request.session.pop(DRAFTS, {}).get(case.ref, {})
    if not request.htmx or request.htmx.boosted:
        record_visit(actor=request.user, case=case)
    return render_case(request, case, form=decision_form(case, draft))


def render_case(
    request: DeskRequest,
    case: Case,
    *,
    form: DecisionForm,
    status: int = 200,
    claim_lost: str = "",
    refused: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page around a form that may carry errors and what was typed.

    refused: what a part of the rail shows instead, when what it asks for was refused.
    """
    tab = panels.tab_of(request.GET.get("tab", ""))
    context: dict[str, Any] = {
        "section": "queues",
        "case": case,
        "queue": case.queue,
        "form": form,
        "claim_lost": claim_lost,
        "queue_counts": queue_counts(request.user),
        **panels.context(case, tab, request.user),
        **rail.context(case, request.user, lost=bool(claim_lost)),
        **(refused or {}),
    }
    cover = context.get("cover")
    if cover and not cover.on:
        seen = {signal_item(one.pk): cover for one in _signals(context) if one.text}
        count_seen(actor=request.user, covers=seen)
    return render_part(request, "cases/case_detail.html", context, part="panel", status=status)


def decision_form(case: Case, draft: dict[str, str] | None = None) -> DecisionForm:
    """A fresh form with a fresh key, and the draft if there is one."""
    first = {"key": ids.new_uuid(), "claim_id": case.claim_id, **(draft or {})}
    return DecisionForm(initial=first)


def _signals(context: Mapping[str, Any]) -> Iterator[Signal]:
    """Those whose words the tab shows."""
    for name in ("items", "acts"):
        yield from (item.signal for item in context.get(name, ()))
    yield from (report.signal for report in context.get("reports", ()) if report.signal)
    steps = (step for one in context.get("chains", ()) for step in one.steps)
    yield from (step.signal for step in steps if step.signal)
