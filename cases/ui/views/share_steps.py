"""Steps of a share: approval, hand-over of files, recall and what partners answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.choices import WayOut
from cases.models import Share
from cases.selectors.partner import partner_by_slug
from cases.selectors.share import share_by_id
from cases.services.handover import FILES, hand_over
from cases.services.recall import recall_share, record_answer
from cases.services.share import approve_share, ask_approval, refuse_share
from cases.ui.sharing_forms import AnswerForm


@login_required
@require_POST
def share_do(request: DeskRequest, share_id: int) -> HttpResponse:
    """A step: ask for approval, approve, send back, recall."""
    row = share_by_id(share_id, request.user)
    step = STEPS.get(request.POST.get("do", ""), _nothing)
    try:
        messages.success(request, step(request, row))
    except (ConflictError, ForbiddenError, InvalidError) as error:
        if isinstance(error, ForbiddenError) and not policy.allowed(request.user, "share.approve"):
            raise
        messages.error(request, error.message)
    return redirect("cases:share", row.pk)


@login_required
@require_POST
def share_file(request: DeskRequest, share_id: int, partner_slug: str, way: str) -> HttpResponse:
    """A file for one partner, which counts as delivered with it."""
    row = share_by_id(share_id, request.user)
    partner = partner_by_slug(partner_slug, request.user)
    if way not in FILES:
        message = "There is no such file."
        raise NotFoundError(message)
    try:
        file = hand_over(actor=request.user, share=row, partner=partner, way=WayOut(way))
    except ConflictError as error:
        messages.error(request, error.message)
        return redirect("cases:share", row.pk)
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(file.body, content_type=file.media_type, headers=headers)


@login_required
@require_POST
def share_answer(request: DeskRequest, share_id: int, partner_slug: str) -> HttpResponse:
    """What a partner said of the recall, by mail or on the telephone."""
    row = share_by_id(share_id, request.user)
    partner = partner_by_slug(partner_slug, request.user)
    target = row.targets.select_related("share__case").filter(partner=partner).first()
    form = AnswerForm(request.POST)
    if target is None or not form.is_valid():
        messages.error(request, "Choose what the partner said.")
        return redirect("cases:share", row.pk)
    try:
        record_answer(actor=request.user, target=target, **form.cleaned_data)
        messages.success(request, "Kept.")
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    return redirect("cases:share", row.pk)


def _nothing(request: DeskRequest, row: Share) -> str:
    message = f"Choose a step: {', '.join(STEPS)}."
    raise InvalidError(message, field="do")


def _ask(request: DeskRequest, row: Share) -> str:
    ask_approval(actor=request.user, share=row)
    return "A second person looks at exactly these bytes now."


def _approve(request: DeskRequest, row: Share) -> str:
    digest = request.POST.get("digest", "")
    approve_share(actor=request.user, share=row, digest=digest)
    return "Approved: it is out over TAXII, and its files can be handed over."


def _refuse(request: DeskRequest, row: Share) -> str:
    refuse_share(actor=request.user, share=row, reason=request.POST.get("reason", ""))
    return "Sent back to its author."


def _recall(request: DeskRequest, row: Share) -> str:
    recall_share(actor=request.user, share=row, reason=request.POST.get("reason", ""))
    return "Recalled: every object is revoked. Below is which partner knows."


STEPS: Final[dict[str, Callable[[DeskRequest, Share], str]]] = {
    "ask": _ask,
    "approve": _approve,
    "refuse": _refuse,
    "recall": _recall,
}
