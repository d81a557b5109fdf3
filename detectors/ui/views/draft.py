"""A draft of settings: what it would change, its backtests, and who puts it into force."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from detectors import registry
from detectors.choices import DraftState, Mode
from detectors.comparing import compared
from detectors.models import DetectorConfig, DetectorDraft
from detectors.policy import allowed, others_with, require
from detectors.selectors.config import configs_for
from detectors.selectors.draft import backtests_of, draft_by_id
from detectors.selectors.line import lines_for
from detectors.services.backtest import start_backtest
from detectors.services.draft import approve_draft, reject_draft, withdraw_draft
from detectors.ui.window import WINDOWS, window_of

SHOWN_RUNS = 5


@login_required
@require_GET
def draft_detail(request: DeskRequest, slug: str, draft_id: int) -> HttpResponse:
    """One draft."""
    return _page(request, draft_by_id(draft_id, request.user, slug))


@login_required
@require_POST
def draft_approve(request: DeskRequest, slug: str, draft_id: int) -> HttpResponse:
    """Put it into force."""
    draft = draft_by_id(draft_id, request.user, slug)
    try:
        made = approve_draft(actor=request.user, draft=draft).made
    except ConflictError as error:
        return _page(request, draft_by_id(draft_id, request.user, slug), error.message, 409)
    if made is not None and made.beside:
        told = f"Version {made.number} watches beside version {made.beside} from the next tick."
    else:
        told = f"Version {made.number if made else 0} is in force from the next tick."
    messages.success(request, told)
    return redirect("detectors:detector-detail", slug)


@login_required
@require_POST
def draft_reject(request: DeskRequest, slug: str, draft_id: int) -> HttpResponse:
    """Say no, with the reason."""
    draft = draft_by_id(draft_id, request.user, slug)
    try:
        reject_draft(actor=request.user, draft=draft, note=request.POST.get("note", ""))
    except InvalidError as error:
        return _page(request, draft, note_error=error.message, status=422)
    except ConflictError as error:
        return _page(request, draft_by_id(draft_id, request.user, slug), error.message, 409)
    return redirect("detectors:draft", slug, draft_id)


@login_required
@require_POST
def draft_withdraw(request: DeskRequest, slug: str, draft_id: int) -> HttpResponse:
    """Take one's own draft back."""
    draft = draft_by_id(draft_id, request.user, slug)
    try:
        withdraw_draft(actor=request.user, draft=draft)
    except ConflictError as error:
        messages.info(request, error.message)
    return redirect("detectors:draft", slug, draft_id)


@login_required
@require_POST
def draft_backtest(request: DeskRequest, slug: str, draft_id: int) -> HttpResponse:
    """Try exactly this draft on the last days."""
    require(request.user, "detector.backtest")
    draft = draft_by_id(draft_id, request.user, slug)
    try:
        run = start_backtest(
            actor=request.user,
            slug=slug,
            params=draft.params,
            **window_of(request.POST.dict(), request.user),
        )
    except (ConflictError, InvalidError) as error:
        return _page(request, draft, error.message, error.status)
    return redirect("detectors:backtest", slug, run.pk)


def _page(
    request: DeskRequest,
    draft: DetectorDraft,
    error: str = "",
    status: int = 200,
    note_error: str = "",
) -> HttpResponse:
    viewer = request.user
    config = configs_for(viewer).get(draft.slug)
    number = config.number if config else 0
    context: dict[str, Any] = {
        "section": "detectors",
        "meta": registry.get(draft.slug).meta,
        "draft": draft,
        "config": config,
        "differences": compared(_before(draft, config), draft),
        "stale": draft.state == DraftState.OPEN and draft.based_on != number,
        "error": error,
        "note": request.POST.get("note", ""),
        "note_error": note_error,
        "windows": WINDOWS,
        "days": request.POST.get("days", "30"),
        "lines": lines_for(viewer),
        "line": request.POST.get("line", ""),
        "can_try": allowed(viewer, "detector.backtest"),
        "runs": backtests_of(draft, viewer)[:SHOWN_RUNS],
        **_steps(draft, viewer),
    }
    return render(request, "detectors/draft.html", context, status=status)


def _before(draft: DetectorDraft, config: DetectorConfig | None) -> Any:
    """What the draft is compared with: the version it was written on."""
    known = DetectorConfig.objects.filter(slug=draft.slug, number=draft.based_on).first()
    defaults = registry.defaults(draft.slug).model_dump(mode="json")
    return known or config or DetectorConfig(slug=draft.slug, mode=Mode.OFF, params=defaults)


def _steps(draft: DetectorDraft, viewer: User) -> dict[str, Any]:
    """What this person may do with it. others: who else could approve, for its author."""
    is_open = draft.state == DraftState.OPEN
    mine = draft.author_id == viewer.pk
    may = is_open and allowed(viewer, "detector.approve")
    others = list(others_with("detector.approve", draft.author)) if is_open else []
    return {
        "is_open": is_open,
        "mine": mine,
        "others": others,
        "can_approve": may and not mine,
        "can_force": may and mine and not others,
        "can_reject": may and not mine,
        "can_withdraw": is_open and mine,
    }
