"""Queues, one queue, all cases."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.htmx import DeskRequest, render_part
from cases import policy
from cases.choices import State
from cases.models import Case
from cases.queue import claim_next as claim_next_of
from cases.selectors.case import cases_for, queue_counts, queue_page
from cases.ui.rows import with_claims
from detectors.selectors.config import unread_for

PAGE = 50
TABS = (State.OPEN, State.ESCALATED, State.SNOOZED, State.CLOSED)
QUIET = (
    "No case waits here. New ones land in this queue as soon as detectors agree that accounts act "
    "together."
)
WORKING = (
    "No case waits here yet: detectors are still reading signals. What they find comes to this "
    "page by itself."
)
STATES = [("", "any"), *[(state.value, state.label) for state in TABS]]


@login_required
@require_GET
def queues(request: DeskRequest) -> HttpResponse:
    """All queues of this person."""
    context = {"section": "queues", "queues": queue_counts(request.user)}
    return render(request, "cases/queues.html", context)


@login_required
@require_GET
def queue(request: DeskRequest, slug: str) -> HttpResponse:
    """One queue, one state."""
    found = get_object_or_404(policy.queues_of(request.user), slug=slug)
    asked, provider = request.GET.get("state", ""), _provider(request.GET)
    state = State(asked) if asked in TABS else State.OPEN
    entries = queue_counts(request.user)
    counts = next(entry for entry in entries if entry.slug == slug)
    other = next((entry for entry in entries if entry.open and entry.slug != slug), None)
    context: dict[str, Any] = {
        "section": "queues",
        "queue": found,
        "counts": counts,
        "state": state.value,
        "closed": state == State.CLOSED,
        "provider": provider,
        "and_provider": f"&{urlencode({'provider': provider})}" if provider else "",
        "tabs": [
            {"state": one.value, "label": one.label, "count": getattr(counts, one.value)}
            for one in TABS
        ],
        "other_href": reverse("cases:queue", args=[other.slug]) if other else "",
        "other_action": f"{other.open} wait in {other.title}" if other else "",
        **_page(request, queue_page(request.user, found, state, provider)),
    }
    if not context["rows"]:
        context["nothing_waits"] = WORKING if unread_for(request.user) else QUIET
    return render_part(request, "cases/queue.html", context, part="rows")


@login_required
@require_POST
def claim_next(request: DeskRequest, slug: str) -> HttpResponse:
    """Claim the most urgent free case and open it."""
    found = get_object_or_404(policy.queues_of(request.user), slug=slug)
    case = claim_next_of(actor=request.user, queue=found)
    if case is None:
        return redirect("cases:queue", slug)
    return HttpResponseRedirect(reverse("cases:case-detail", args=[case.ref]), status=303)


@login_required
@require_GET
def case_list(request: DeskRequest) -> HttpResponse:
    """All cases, newest first."""
    filters = {
        "q": request.GET.get("q", "").strip(),
        "state": request.GET.get("state", ""),
        "provider": _provider(request.GET),
    }
    found = cases_for(request.user, filters["provider"]).exclude(state=State.MERGED)
    found = found.order_by("-opened_at", "-pk")
    if filters["state"] in TABS:
        found = found.filter(state=filters["state"])
    if words := filters["q"]:
        found = found.filter(Q(title__icontains=words) | Q(ref__iexact=words))
    context = {
        "section": "cases",
        "filters": filters,
        "states": STATES,
        "total": found.count(),
        **_page(request, found),
    }
    return render_part(request, "cases/case_list.html", context, part="rows")


def _page(request: DeskRequest, cases: QuerySet[Case]) -> dict[str, Any]:
    """One page of rows and the links around it."""
    asked = request.GET.get("from", "0")
    start = int(asked) if asked.isdecimal() and len(asked) < 7 else 0  # noqa: PLR2004 -- a million
    rows = list(cases.select_related("queue", "claimed_by")[start : start + PAGE + 1])
    return {
        "rows": with_claims(rows[:PAGE], request.user),
        "shown": f"{start + 1} to {start + len(rows[:PAGE])}",
        "step": PAGE,
        "first": _link(request.GET, 0) if start else "",
        "more": _link(request.GET, start + PAGE) if len(rows) > PAGE else "",
    }


def _provider(query: QueryDict) -> str:
    return query.get("provider", "").strip().replace("\x00", "")


def _link(query: QueryDict, start: int) -> str:
    changed = query.copy()
    changed["from"] = str(start)
    return f"?{changed.urlencode()}"
