"""Merge, cut, and the way back; the inbox of what the fusion proposes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core.errors import AbuseDeskError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import facts, policy
from cases.models import Case
from cases.proposals import case_of, reason_of
from cases.selectors.case import case_by_ref
from cases.selectors.lineage import (
    edges_for,
    lineage_by_id,
    lineage_for,
    members_for,
    proposal_by_id,
    proposals_for,
)
from cases.services.cut import cut_case, preview_cut
from cases.services.faded import let_go
from cases.services.lineage import undo_lineage
from cases.services.merge import merge_cases, preview_merge
from cases.services.proposal import accept_proposal, reject_proposal
from cases.ui.families import FAMILY_NAMES
from cases.ui.forms import OTHER, THIS, MergeForm, ReasonForm
from cases.ui.views.actions import case_action, to_case
from detectors.models import Proposal

SHOWN = 100
NAMED: Final = 500  # members to choose from
ASKED: Final = 50  # accounts in an address
Settle = Callable[..., object]
ANSWERS: Final[dict[str, tuple[Settle, str]]] = {
    "accept": (accept_proposal, "Done; the lineage of the case can undo it."),
    "reject": (reject_proposal, "Left as it is."),
}


@login_required
@require_GET
def lineage(request: DeskRequest, ref: str) -> HttpResponse:
    """Where the case came from; with ?other= or ?left= what a merger or a cut would make of it."""
    return _page(request, case_by_ref(ref, request.user), request.GET)


@case_action
def merge(request: DeskRequest, case: Case) -> HttpResponse:
    """Merge the other case into this one, or this one into the other."""
    form = MergeForm(request.POST)
    if not form.is_valid():
        return _refused(request, case, "Say which case, which of the two goes on, and why.")
    said = form.cleaned_data
    try:
        other = case_by_ref(said["other"].replace("\x00", "").strip(), request.user)
        survivor, gone = (other, case) if said["survivor"] == OTHER else (case, other)
        merge_cases(actor=request.user, case=survivor, other=gone, reason=said["reason"])
    except AbuseDeskError as error:
        return _refused(request, case, error.message, error.status)
    messages.success(request, f"{gone.ref} is part of {survivor.ref} now.")
    return _to_lineage(survivor)


@case_action
def cut(request: DeskRequest, case: Case) -> HttpResponse:
    """Keep two sides apart."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _refused(request, case, "Say what to cut, and why.")
    try:
        row = cut_case(
            actor=request.user,
            case=case,
            left=request.POST.getlist("left"),
            right=request.POST.getlist("right"),
            reason=form.cleaned_data["reason"],
        )
    except AbuseDeskError as error:
        return _refused(request, case, error.message, error.status)
    what = f"{row.other.ref} is a case of its own now" if row.other else "No second case came of it"
    messages.success(request, f"The cut is made. {what}.")
    return _to_lineage(case)


@case_action
def faded_let_go(request: DeskRequest, case: Case) -> HttpResponse:
    """Let members go whom no evidence ties any more: the one that was chosen, or all."""
    every = request.POST.get("who") == "all"
    accounts = facts.faded_of(case) if every else request.POST.getlist("account")
    try:
        let_go(actor=request.user, case=case, accounts=accounts)
    except AbuseDeskError as error:
        messages.error(request, error.message)
    else:
        who = f"{len(accounts)} accounts are" if len(accounts) > 1 else "The account is"
        messages.success(request, f"{who} let go. The lineage of {case.ref} can undo it.")
    return to_case(case)


@login_required
@require_http_methods(["GET", "POST"])
def lineage_undo(request: DeskRequest, ref: str, lineage_id: int) -> HttpResponse:
    """Take a merger or a cut back."""
    case = case_by_ref(ref, request.user)
    row = lineage_by_id(case, lineage_id, request.user)
    if request.method != "POST":
        return _to_lineage(case)
    try:
        undo_lineage(actor=request.user, row=row)
    except AbuseDeskError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{case.ref} is as it was before.")
    return _to_lineage(case)


@login_required
@require_GET
def proposals(request: DeskRequest) -> HttpResponse:
    """What waits for a yes or a no."""
    if not policy.allowed(request.user, "proposal.settle"):
        message = "There is no such page."
        raise NotFoundError(message)
    found = proposals_for(request.user)[:SHOWN]
    rows = [
        {
            "proposal": one,
            "case": one.campaign.case_link.case,
            "other": one.other.case_link.case if one.other else None,
            "why": reason_of(one),
            "look": _look(one),
        }
        for one in found
    ]
    return render(request, "cases/proposals.html", {"section": "proposals", "rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def proposal(request: DeskRequest, proposal_id: int) -> HttpResponse:
    """Accept one, or reject it."""
    row = proposal_by_id(proposal_id, request.user)
    if request.method != "POST":
        return redirect("cases:proposals")
    if (answer := ANSWERS.get(request.POST.get("do", ""))) is None:
        messages.error(request, "Accept the proposal or reject it.")
        return redirect("cases:proposals")
    settle, done = answer
    case = case_of(row.campaign)
    try:
        settle(actor=request.user, proposal=row)
    except AbuseDeskError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{case.ref}: {done}")
    return redirect("cases:proposals")


def _page(
    request: DeskRequest, case: Case, asked: QueryDict, *, refused: str = "", status: int = 200
) -> HttpResponse:
    """asked: what to preview, and what was typed before a refusal."""
    members = members_for(case, request.user)
    context: dict[str, Any] = {
        "section": "cases",
        "case": case,
        "rows": lineage_for(case, request.user),
        "edges": [_edge(one) for one in edges_for(case, request.user)],
        "members": members[:NAMED],
        "member_total": len(members),
        "other_ref": asked.get("other", ""),
        "survivor": asked.get("survivor", THIS),
        "reason": asked.get("reason", ""),
        "refused": refused,
    }
    try:
        context |= _previews(request, case, asked)
    except AbuseDeskError as error:
        context["refused"] = refused or error.message
    return render(request, "cases/lineage.html", context, status=status)


def _refused(request: DeskRequest, case: Case, message: str, status: int = 422) -> HttpResponse:
    """The same page, with what was typed."""
    case.refresh_from_db()
    return _page(request, case, request.POST, refused=message, status=status)


def _previews(request: DeskRequest, case: Case, asked: QueryDict) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if ref := asked.get("other", "").replace("\x00", "").strip():
        other = case_by_ref(ref, request.user)
        found["other"] = other
        found["union"] = preview_merge(actor=request.user, case=case, other=other)
    left, right = asked.getlist("left"), asked.getlist("right")
    if left:
        found |= {"left": left, "right": right}
        found["cut"] = preview_cut(actor=request.user, case=case, left=left, right=right)
    return found


def _look(proposal: Proposal) -> str:
    """What the lineage page is asked for, to preview what is proposed."""
    if proposal.other is not None:
        return f"?{urlencode({'other': proposal.other.case_link.case.ref})}#merge"
    part = proposal.part if len(proposal.part) <= ASKED else []
    return f"?{urlencode({'left': part}, doseq=True)}#cut"


def _edge(edge: Any) -> dict[str, Any]:
    """A link in words: kinds of evidence with what each adds."""
    kinds = ", ".join(
        f"{FAMILY_NAMES.get(name, name)} {part[0]:+.1f}" for name, part in edge.parts.items()
    )
    return {"a": edge.a, "b": edge.b, "score": edge.score, "kinds": kinds}


def _to_lineage(case: Case) -> HttpResponse:
    response = redirect("cases:lineage", case.ref)
    response.status_code = 303
    return response
