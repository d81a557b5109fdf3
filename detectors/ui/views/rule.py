"""Rules that people write: made from blocks or as text, tried, saved."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError, NotFoundError, StaleError
from abusedesk.core.htmx import DeskRequest, render_part
from detectors.choices import Mode
from detectors.forms import mode_said, modes_of
from detectors.models import DetectorConfig
from detectors.pasted import Pasted, read_pasted
from detectors.policy import allowed
from detectors.selectors.config import detector_by_slug, versions_of
from detectors.selectors.line import lines_for
from detectors.selectors.rule_hits import rule_hits_for, tried_line_for
from detectors.selectors.trial import draft_tried_for, sample_tried_for
from detectors.services.rule import Saved, change_rule, create_rule
from detectors.sigma.detector import is_rule
from detectors.timeline import last_days
from detectors.ui.rule_board import Board, lists, opened, posted
from detectors.ui.shadows import in_force

UNREADY: Final = "Not saved: something in the rule is not right yet. It stands beside its line."
SHOWN_HITS: Final = 10
SHOWN_SIGNALS: Final = 20


@login_required
@require_http_methods(["GET", "POST"])
def rule_new(request: DeskRequest) -> HttpResponse:
    """A new rule."""
    _require_right(request)
    board = posted(request.POST.dict()) if request.method == "POST" else opened(None)
    return _page(request, board, None)


@login_required
@require_http_methods(["GET", "POST"])
def rule_edit(request: DeskRequest, slug: str) -> HttpResponse:
    """The next version of a rule; `?version=2` starts from an older one."""
    _require_right(request)
    detector_by_slug(slug, request.user)
    versions = versions_of(slug, request.user) if is_rule(slug) else []
    current = in_force(versions)
    if current is None:
        message = "There is no such rule."
        raise NotFoundError(message)
    if request.method == "POST":
        return _page(request, posted(request.POST.dict()), current)
    wanted = request.GET.get("version", "")
    shown = next((one for one in versions if str(one.number) == wanted), current)
    return _page(request, opened(shown.params, current.mode, current.number), current)


@login_required
@require_http_methods(["GET", "POST"])
def detector_try(request: DeskRequest, slug: str) -> HttpResponse:
    """Any detector, with its settings in force, on a pasted sample."""
    kind = detector_by_slug(slug, request.user)
    sample = request.POST.get("sample", "").replace("\0", "\ufffd")
    context: dict[str, Any] = {"section": "detectors", "meta": kind.meta, "sample": sample}
    if request.method == "POST":
        pasted = _pasted(sample)
        context |= {"pasted": pasted, "trial": sample_tried_for(request.user, slug, pasted.signals)}
    return render_part(request, "detectors/detector_try.html", context, part="result")


def _page(request: DeskRequest, board: Board, current: DetectorConfig | None) -> HttpResponse:
    """The page; does first what its button says."""
    status, do = 200, request.POST.get("do", "")
    context: dict[str, Any] = {}
    if do == "save":
        status, saved = _save(request, board, current)
        if saved is not None and saved.draft is not None:
            return redirect("detectors:draft", saved.draft.slug, saved.draft.pk)
        if saved is not None:
            config = saved.config
            messages.success(request, f"Version {config.number} is in force: {config.mode}.")
            return redirect("detectors:detector-detail", config.slug)
    elif do == "history":
        context["history"] = _history(request, board)
    elif do == "more":
        board.extra += 2
    pasted = _pasted(board.sample)
    if board.params is not None and pasted.signals:
        context["trial"] = draft_tried_for(request.user, board.params, pasted.signals)
    context |= {
        "section": "rules",
        "board": board,
        "pasted": pasted,
        "current": current,
        "title": board.params.rule.title if board.params else current.slug if current else "",
        "live": bool(request.htmx),
        "lines": lines_for(request.user),
        "fault_lines": {one.line for one in board.faults},
        **lists(),
        "modes": modes_of(current.number, current.mode) if current else Mode.choices,
    }
    return render_part(request, "detectors/rule_edit.html", context, part="live", status=status)


def _save(
    request: DeskRequest, board: Board, current: DetectorConfig | None
) -> tuple[int, Saved | None]:
    """Status of the answer, and what was saved; errors stay on the board."""
    if board.params is None:
        board.errors["rule"] = UNREADY
        return 422, None
    if not board.reason:
        board.errors["reason"] = "Say why; the next person will ask."
        return 422, None
    mode, beside = mode_said(board.mode)
    said: dict[str, Any] = {"mode": mode, "params": board.told(), "reason": board.reason}
    try:
        if current is None:
            name = board.name or board.params.rule.title
            return 200, create_rule(actor=request.user, name=name, **said)
        said |= {"lost_because": board.lost_because, "beside": beside}
        return 200, change_rule(
            actor=request.user, slug=current.slug, based_on=board.based_on, **said
        )
    except StaleError as error:
        board.errors["stale"] = error.message
        board.based_on = int(str(error.data["number"]))
        return 409, None
    except InvalidError as error:
        board.errors[error.field or "rule"] = error.message
        return 422, None


def _history(request: DeskRequest, board: Board) -> dict[str, Any]:
    """What the rule finds among stored signals."""
    if board.params is None:
        return {"error": "The rule cannot be tried yet: see what is wrong with it."}
    line = tried_line_for(request.user, board.line)
    if line is None:
        if board.line:
            return {"error": "There is no such time-line any more. Choose another one."}
        return {"error": "Nothing is stored yet. Paste a sample instead."}
    since, until = last_days(line, board.days)
    try:
        hits = rule_hits_for(
            request.user,
            board.params.rule,
            stream_id=line.pk,
            since=since,
            until=until,
        )
    except InvalidError as error:
        return {"error": error.message}
    best: dict[tuple[str, ...], Any] = {}
    for one in hits.alerts:
        if one.group not in best or one.number > best[one.group].number:
            best[one.group] = one
    fullest = sorted(best.values(), key=lambda one: (-one.number, one.group))
    return {
        "line": line,
        "hits": hits,
        "groups": len(best),
        "fullest": fullest[:SHOWN_HITS],
        "signal_ids": hits.signal_ids[-SHOWN_SIGNALS:],
    }


def _pasted(sample: str) -> Pasted:
    return read_pasted(sample, clock.now(), settings.OLDEST_SIGNAL)


def _require_right(request: DeskRequest) -> None:
    if not allowed(request.user, "rule.save"):
        message = "There is nothing here."
        raise NotFoundError(message)
