"""Work on many refused items: count first, then confirm, then watch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core.htmx import DeskRequest, render_part
from detectors.choices import DeadLetterState, JobState, LetterAction
from detectors.selectors.dead_letter import LetterFilter, job_by_id, letters_for
from detectors.services.letter_job import CAP, start_job, waiting_ids
from detectors.ui.letter_links import (
    id_of,
    list_link,
    require_reader,
    require_settler,
    wanted_of,
    words_of,
)
from detectors.ui.views.letter import WHY

SAMPLES: Final = 10
TICKED: Final = 500
TYPED: Final = 1_000
"""Above so many items the number is typed, not only confirmed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for. ids: what that is now, oldest first."""

    do: str
    action: LetterAction
    wanted: LetterFilter
    chosen: list[int]
    ids: list[int]


@login_required
@require_http_methods(["GET", "POST"])
def letter_bulk(request: DeskRequest) -> HttpResponse:
    """The ticked items, or all that match: how many, which, and whether it is meant."""
    require_settler(request.user)
    said = request.POST if request.method == "POST" else request.GET
    action, _, which = said.get("do", "").partition("-")
    if action not in LetterAction.values:
        return redirect("detectors:letter-list")
    chosen = _ids(said) if which == "ticked" else []
    if which == "ticked" and not chosen:
        messages.error(request, "Tick the items that you mean.")
        return redirect(list_link(wanted_of(said)))
    asked = _asked(request, said, LetterAction(action), chosen)
    if request.method != "POST":
        return _confirm_page(request, asked)
    if error := _refusal(request.POST, asked):
        return _confirm_page(request, asked, error)
    job = start_job(
        actor=request.user,
        action=asked.action,
        wanted=asked.wanted,
        chosen=asked.chosen,
        newest=asked.ids[-1],
        reason=request.POST.get("reason", "")[:500],
    )
    return redirect("detectors:letter-job", job.pk)


@login_required
@require_GET
def letter_job(request: DeskRequest, job_id: int) -> HttpResponse:
    """How far the work is."""
    require_reader(request.user)
    job = job_by_id(job_id, request.user)
    tried = job.done + job.failed
    stay = replace(LetterFilter.read(job.filters), state=DeadLetterState.OPEN)
    context = {
        "section": "letters",
        "job": job,
        "running": job.state == JobState.RUNNING,
        "share": tried / job.total,
        "elsewhere": job.total - tried,
        "stay": list_link(stay),
    }
    return render_part(request, "detectors/letter_job.html", context, part="progress")


def _asked(request: DeskRequest, said: QueryDict, action: LetterAction, chosen: list[int]) -> Asked:
    wanted = wanted_of(said)
    newest = id_of(said.get("newest", ""))
    ids = waiting_ids(actor=request.user, wanted=wanted, chosen=chosen, newest=newest)
    return Asked(said.get("do", ""), action, wanted, chosen, ids)


def _confirm_page(request: DeskRequest, asked: Asked, error: str = "") -> HttpResponse:
    samples = letters_for(request.user).filter(pk__in=asked.ids[:SAMPLES]).order_by("pk")
    context: dict[str, Any] = {
        "section": "letters",
        "asked": asked,
        "discards": asked.action == LetterAction.DISCARD,
        "hidden": words_of(asked.wanted),
        "total": len(asked.ids),
        "capped": len(asked.ids) == CAP,
        "newest": asked.ids[-1] if asked.ids else 0,
        "typed": len(asked.ids) > TYPED,
        "samples": samples,
        "reason": request.POST.get("reason", ""),
        "error": error,
        "back": list_link(asked.wanted),
    }
    status = 422 if error else 200
    return render(request, "detectors/letter_bulk.html", context, status=status)


def _refusal(said: QueryDict, asked: Asked) -> str:
    """Why the confirmed work cannot begin."""
    total = len(asked.ids)
    if not total:
        return "No waiting item matches any more."
    if asked.action == LetterAction.DISCARD and not said.get("reason", "").strip():
        return WHY
    if total > TYPED and said.get("count", "").replace(",", "").strip() != str(total):
        return f"Type the number of items, {total:,}, to confirm."
    return ""


def _ids(said: QueryDict) -> list[int]:
    found = (id_of(one) for one in said.getlist("id")[:TICKED])
    return [one for one in found if one is not None]
