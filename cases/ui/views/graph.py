"""The graph of a case in the whole window, and one link of it in words."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from abusedesk.core.htmx import DeskRequest, render_part
from cases import policy, states
from cases.selectors.case import case_by_ref
from cases.selectors.graph import findings_by_tie, graph_for, tie_by_id
from cases.ui.graph import graph_page, tie_page


@login_required
@require_GET
def graph(request: DeskRequest, ref: str) -> HttpResponse:
    """All of it. ?expand= an account: with what it uses; ?inside= a community: opened."""
    case = case_by_ref(ref, request.user)
    expand, inside = request.GET.get("expand", ""), request.GET.get("inside", "")
    found = graph_for(case, request.user, expand)
    shown = graph_page(case, found, inside=inside, expand=expand)
    context = {"section": "cases", "case": case, "graph": shown, "wide": True}
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
