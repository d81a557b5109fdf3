"""Queues, one queue, all cases."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core import clock, saved
from abusedesk.core.errors import BudgetSpentError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.query import Term
from cases import ordering, paging, policy, states
from cases.choices import State
from cases.models import Case, Queue
from cases.ordering import Order
from cases.paging import Page
from cases.queue import claim_next as claim_next_of
from cases.search.where import REGRESSED, on_tab
from cases.selectors.case import cases_for, queue_counts
from cases.ui import bulk, filters
from cases.ui.heads import AWAY, CLOSED, Listing, with_order
from cases.ui.listing import listing_rows, whole_list
from detectors.selectors.config import unread_for

TABS = (State.OPEN, State.ESCALATED, State.SNOOZED, State.CLOSED)
URGENT, NEWEST, LATELY = "most urgent first", "newest first", "closed last first"
QUIET = (
    "No case waits here. New ones land in this queue as soon as detectors agree that accounts act "
    "together."
)
WORKING = (
    "No case waits here yet: detectors are still reading signals. What they find comes to this "
    "page by itself."
)


@login_required
@require_GET
def queues(request: DeskRequest) -> HttpResponse:
    """All queues of this person."""
    entries = queue_counts(request.user)
    context = {"section": "queues", "queues": entries, "queue_counts": entries}
    return render(request, "cases/queues.html", context)


@gzip_page
@login_required
@require_GET
def queue(request: DeskRequest, slug: str) -> HttpResponse:
    """One queue, one tab."""
    found = get_object_or_404(policy.queues_of(request.user), slug=slug)
    asked = request.GET.get("state", "")
    tab = asked if asked in {*TABS, REGRESSED} else State.OPEN.value
    typed = filters.read(request.GET)
    entries = queue_counts(request.user)
    counts = next(entry for entry in entries if entry.slug == slug)
    other = next((entry for entry in entries if entry.open and entry.slug != slug), None)
    listing = _listing(request, tab, typed)
    page, total = _queue_page(request, found, listing, tab, typed, getattr(counts, tab))
    context: dict[str, Any] = {
        "section": "queues",
        "queue_counts": entries,
        "queue": found,
        "counts": counts,
        "can_save": request.user.role in saved.STAFF,
        "state": tab,
        "closed": tab == State.CLOSED,
        "tabs": [
            {
                "state": name,
                "label": label,
                "count": getattr(counts, name),
                "href": filters.link(typed.query, with_order(f"state={name}", listing.asked)),
            }
            for name, label in [
                *((one.value, one.label) for one in TABS[:2]),
                (REGRESSED, "New hits"),
                *((one.value, one.label) for one in TABS[2:]),
            ]
        ],
        "here": filters.link(typed.query, listing.here),
        "other_href": reverse("cases:queue", args=[other.slug]) if other else "",
        "other_action": f"{paging.told(other.open)} wait in {other.title}" if other else "",
        **typed.context(listing.here),
        **listing_rows(request, page, listing),
        **whole_list(request, bulk.of_queue(typed.query, found, *_in(tab)), total, listing),
    }
    if not context["rows"]:
        context["nothing_waits"] = WORKING if unread_for(request.user) else QUIET
    status = 422 if typed.faults else 200
    return render_part(request, "cases/queue.html", context, part="rows", status=status)


@login_required
@require_POST
def claim_next(request: DeskRequest, slug: str) -> HttpResponse:
    """Claim the most urgent free case and open it."""
    found = get_object_or_404(policy.queues_of(request.user), slug=slug)
    try:
        case = claim_next_of(actor=request.user, queue=found)
    except BudgetSpentError:
        return redirect("cases:break")
    if case is None:
        return redirect("cases:queue", slug)
    return HttpResponseRedirect(reverse("cases:case-detail", args=[case.ref]), status=303)


@gzip_page
@login_required
@require_GET
def case_list(request: DeskRequest) -> HttpResponse:
    """All cases, newest first unless somebody asks for another order."""
    typed = filters.read(request.GET)
    if (state := request.GET.get("state", "")) in TABS:
        query = typed.query.adding(Term("is", (state,)))
        typed = filters.Typed(str(query), query, typed.faults)
    found = cases_for(request.user).exclude(state=State.MERGED)
    found = found.filter(typed.condition(clock.now(), request.user))
    asked = ordering.read(request.GET.get("sort", ""))
    listing = Listing(typed.query, "", asked, ordering.NEW_FIRST, NEWEST)
    page = Page([]) if typed.faults else _case_page(request, found, asked)
    total = 0 if typed.faults else paging.count(found)
    context = {
        "section": "cases",
        "views": saved.views_for(request.user, "cases"),
        "can_save": request.user.role in saved.STAFF,
        "total": paging.told(total),
        **typed.context(listing.here),
        **listing_rows(request, page, listing),
        **whole_list(request, typed.query, total, listing),
    }
    status = 422 if typed.faults else 200
    return render_part(request, "cases/case_list.html", context, part="rows", status=status)


def _listing(request: DeskRequest, tab: str, typed: filters.Typed) -> Listing:
    """A tab of a queue as something that can be sorted."""
    asked = ordering.read(request.GET.get("sort", ""))
    path = f"state={tab}"
    if tab == State.CLOSED:
        return Listing(typed.query, path, asked, ordering.CLOSED_FIRST, LATELY, CLOSED)
    when = AWAY if tab == State.SNOOZED else ""
    return Listing(typed.query, path, asked, None, URGENT, when)


def _case_page(request: DeskRequest, found: QuerySet[Case], order: Order | None) -> Page:
    after = request.GET.get("from", "")
    if order is not None:
        return ordering.in_order(found, order, after)
    return paging.newest_first(found, "opened_at", after)


def _queue_page(
    request: DeskRequest, found: Queue, listing: Listing, tab: str, typed: filters.Typed,
    waiting: int,
) -> tuple[Page, int]:  # fmt: skip
    """Rows of a tab, and how many match. waiting: how many are on it without a filter."""
    if typed.faults:
        return Page([]), 0
    now = clock.now()
    rows = cases_for(request.user).filter(
        typed.condition(now, request.user), on_tab(tab), queue=found
    )
    after = request.GET.get("from", "")
    total = paging.count(rows) if typed.query else waiting
    if listing.asked is not None:
        return ordering.in_order(rows, listing.asked, after), total
    if tab == State.CLOSED:
        return paging.newest_first(rows, "closed_at", after), total
    return paging.urgent_first(rows, now, after), total


def _in(tab: str) -> tuple[list[str], str]:
    """States of the cases on a tab, and what else they are."""
    if tab == REGRESSED:
        return [state.value for state in states.WAITING], REGRESSED
    return [tab], ""
