"""The graph of a case in the whole window, one link and one node of it, and what people add."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core.errors import AbuseDeskError, ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest, render_part
from cases import policy, states
from cases.models import Case
from cases.selectors.addition import addition_by_id
from cases.selectors.case import case_by_ref
from cases.selectors.graph import findings_by_tie, graph_for, tie_by_id
from cases.selectors.reach import Reach, reach_for
from cases.services.addition import add_to_case, take_from_case
from cases.ui.graph import graph_page, tie_page
from cases.ui.graph_query import graph_query
from cases.ui.graph_things import things_of
from cases.ui.panels import may_add

BACK = ("summary", "graph", "timeline")
"""Tabs of a case that offer to take something off."""


@login_required
@require_GET
def graph(request: DeskRequest, ref: str) -> HttpResponse:
    """All of it, or what the address asks for: see `GraphQuery`."""
    case = case_by_ref(ref, request.user)
    query = graph_query(request.GET)
    found = graph_for(case, request.user, expand=query.expand, around=query.around)
    context = {
        "section": "cases",
        "case": case,
        "graph": graph_page(case, found, query),
        "may_add": may_add(case, request.user),
        "tab": "",
        "wide": True,
    }
    return render(request, "cases/graph.html", context)


@login_required
@require_GET
def tie(request: DeskRequest, ref: str, edge_id: int) -> HttpResponse:
    """What ties two accounts; a panel beside the graph, or a page."""
    case = case_by_ref(ref, request.user)
    row = tie_by_id(case, edge_id, request.user)
    may_cut = case.state in states.ACTIVE and policy.offered(request.user, "case.cut", case)
    shown = tie_page(row, findings_by_tie(row, request.user))
    context = {"section": "cases", "case": case, "may_cut": may_cut, **shown}
    return render_part(request, "cases/graph_tie.html", context, part="tie")


@login_required
@require_http_methods(["GET", "POST"])
def node(request: DeskRequest, ref: str, entity_id: int) -> HttpResponse:
    """What a node touches; a panel beside the graph, or a page. A POST adds it to the case."""
    case = case_by_ref(ref, request.user)
    reach = reach_for(case, entity_id, request.user)
    if request.method != "POST":
        return _node(request, case, reach)
    reason = request.POST.get("reason", "")
    try:
        add_to_case(actor=request.user, case=case, entity=reach.entity, reason=reason)
    except (InvalidError, ConflictError) as error:
        return _node(request, case, reach, reason=reason, refused=error)
    messages.success(request, "It is part of the case now; its timeline says so.")
    back = graph_query(request.GET).path(case)
    return HttpResponseRedirect(back, status=303)


@login_required
@require_POST
def addition_remove(request: DeskRequest, ref: str, addition_id: int) -> HttpResponse:
    """Take off what a person added, and go back to where that was asked."""
    case = case_by_ref(ref, request.user)
    row = addition_by_id(addition_id, case, request.user)
    try:
        take_from_case(actor=request.user, case=case, addition=row)
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "It was taken off the case.")
    tab = request.POST.get("tab", "")
    page = f"{reverse('cases:case-detail', args=[case.ref])}?tab={tab}"
    back = page if tab in BACK else graph_query(request.GET).path(case)
    return HttpResponseRedirect(back, status=303)


def _node(
    request: DeskRequest,
    case: Case,
    reach: Reach,
    *,
    reason: str = "",
    refused: AbuseDeskError | None = None,
) -> HttpResponse:
    query = graph_query(request.GET)
    number = reach.entity.pk
    context: dict[str, Any] = {
        "section": "cases",
        "case": case,
        "reach": reach,
        "things": things_of(reach, case, query),
        "back": query.path(case),
        "expand": query.expanded(number).path(case),
        "fold": query.folded(number).path(case) if number in query.expand else "",
        "isolate": query.isolated(number).path(case),
        "asked": query.path(case).partition("?")[2],
        "may_add": may_add(case, request.user),
        "reason": reason,
        "refused": refused,
    }
    status = refused.status if refused else 200
    return render_part(request, "cases/graph_node_page.html", context, part="node", status=status)
