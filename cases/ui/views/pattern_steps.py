"""Steps of an own pattern, and its files for partners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from abusedesk.core.errors import AbuseDeskError, ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.choices import WayOut
from cases.models import Pattern
from cases.selectors.partner import partner_by_slug
from cases.selectors.pattern import pattern_by_id
from cases.services.pattern_out import hand_over_pattern, revoke_pattern
from cases.services.pattern_steps import (
    approve_pattern,
    ask_pattern,
    backtest_pattern,
    refuse_pattern,
    renew_preview,
)
from cases.services.pattern_tests import drop_test
from cases.ui.views.pattern import handed


@login_required
@require_POST
def pattern_do(request: DeskRequest, pattern_id: int) -> HttpResponse:
    """A step: try, preview, ask, approve, send back, revoke, take a test away."""
    row = pattern_by_id(pattern_id, request.user)
    verb, step = STEPS.get(request.POST.get("do", ""), ("pattern.write", _nothing))
    policy.require(request.user, verb)
    try:
        messages.success(request, step(request, row))
    except AbuseDeskError as error:
        messages.error(request, error.message)
    return redirect("cases:pattern", row.pk)


@login_required
@require_POST
def pattern_file(
    request: DeskRequest, pattern_id: int, partner_slug: str, way: str
) -> HttpResponse:
    """The file for one partner, which counts as delivered with it."""
    row = pattern_by_id(pattern_id, request.user)
    partner = partner_by_slug(partner_slug, request.user)
    if way not in WayOut.values:
        message = "There is no such file."
        raise NotFoundError(message)
    try:
        file = hand_over_pattern(actor=request.user, pattern=row, partner=partner, way=WayOut(way))
    except ConflictError as error:
        messages.error(request, error.message)
        return redirect("cases:pattern", row.pk)
    return handed(file.body, file.name, file.media_type)


def _nothing(request: DeskRequest, row: Pattern) -> str:
    message = f"Choose a step: {', '.join(STEPS)}."
    raise InvalidError(message, field="do")


def _backtest(request: DeskRequest, row: Pattern) -> str:
    backtest_pattern(actor=request.user, pattern=row)
    return "The backtest runs. When it is done, make the preview again."


def _preview(request: DeskRequest, row: Pattern) -> str:
    renew_preview(actor=request.user, pattern=row)
    return "The preview was made again."


def _ask(request: DeskRequest, row: Pattern) -> str:
    ask_pattern(actor=request.user, pattern=row)
    return "A second person looks at exactly these bytes now."


def _approve(request: DeskRequest, row: Pattern) -> str:
    approve_pattern(actor=request.user, pattern=row, digest=request.POST.get("digest", ""))
    return "Approved: its files can be handed over, and partners can fetch it."


def _refuse(request: DeskRequest, row: Pattern) -> str:
    refuse_pattern(actor=request.user, pattern=row, reason=request.POST.get("reason", ""))
    return "Sent back to its author."


def _revoke(request: DeskRequest, row: Pattern) -> str:
    revoke_pattern(actor=request.user, pattern=row, reason=request.POST.get("reason", ""))
    return "Revoked. Partners' copies pause when they hear of it."


def _drop(request: DeskRequest, row: Pattern) -> str:
    drop_test(actor=request.user, pattern=row, name=request.POST.get("name", ""))
    return "The test is gone, and the preview was made again."


STEPS: Final[dict[str, tuple[str, Callable[[DeskRequest, Pattern], str]]]] = {
    "backtest": ("pattern.write", _backtest),
    "preview": ("pattern.write", _preview),
    "ask": ("pattern.write", _ask),
    "approve": ("pattern.approve", _approve),
    "refuse": ("pattern.approve", _refuse),
    "revoke": ("pattern.revoke", _revoke),
    "drop-test": ("pattern.write", _drop),
}
