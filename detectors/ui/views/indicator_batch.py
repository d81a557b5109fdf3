"""Imports of indicators: read a report, look at every row, accept, drop, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from detectors.choices import BatchState, RowOutcome
from detectors.intel.forms import FORM_WORDS, Form
from detectors.models import IndicatorBatch
from detectors.policy import READERS, allowed
from detectors.selectors.indicator_batch import (
    indicator_batch_by_id,
    indicator_batches_for,
    indicator_rows_of,
    twins_of,
)
from detectors.selectors.indicator_source import indicator_sources_for
from detectors.services.indicator_batch import (
    accept_batch,
    drop_batch,
    read_batch,
    undo_batch,
)
from detectors.ui.import_form import ImportForm

PAGE: Final = 100
LIST: Final = 50
OFFERED: Final = 200
"""Rows that need a look, on the page at once; the others are taken over REST."""
MAX_DIGITS: Final = 9


@login_required
@require_http_methods(["GET", "POST"])
def import_list(request: DeskRequest) -> HttpResponse:
    """Imports, newest first, and the form for another one."""
    _require_reader(request.user)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        _require_editor(request.user)
        batch = _read(request.user, form)
        if batch is not None:
            return redirect("detectors:import-detail", batch.pk)
    before = _number(request.GET.get("before", ""))
    rows = indicator_batches_for(request.user)
    page = list((rows.filter(pk__lt=before) if before else rows)[: LIST + 1])
    context = {
        "section": "imports",
        "form": form,
        "can_edit": allowed(request.user, "watch.edit"),
        "sources": indicator_sources_for(request.user),
        "rows": page[:LIST],
        "first": "?" if before else "",
        "more": f"?before={page[LIST - 1].pk}" if len(page) > LIST else "",
        "shown": f"{min(len(page), LIST)} shown",
        "step": LIST,
    }
    status = 422 if form.is_bound else 200
    return render(request, "detectors/import_list.html", context, status=status)


@login_required
@require_GET
def import_detail(request: DeskRequest, batch_id: int) -> HttpResponse:
    """What was read, row by row, and what would become of it."""
    return _detail(request, indicator_batch_by_id(batch_id, request.user))


@login_required
@require_POST
def import_accept(request: DeskRequest, batch_id: int) -> HttpResponse:
    """Put it on the watch list, with the rows that are ticked."""
    _require_editor(request.user)
    batch = indicator_batch_by_id(batch_id, request.user)
    ticked = [_number(one) for one in request.POST.getlist("row")]

    def accept() -> str:
        done = accept_batch(actor=request.user, batch=batch, ticked=ticked)
        return f"{done.added:,} values are on the watch list."

    return _done(request, batch, accept)


@login_required
@require_POST
def import_drop(request: DeskRequest, batch_id: int) -> HttpResponse:
    """Leave it at the preview."""
    _require_editor(request.user)
    batch = indicator_batch_by_id(batch_id, request.user)

    def drop() -> str:
        drop_batch(actor=request.user, batch=batch)
        return "Dropped; nothing of it counts."

    return _done(request, batch, drop)


@login_required
@require_POST
def import_undo(request: DeskRequest, batch_id: int) -> HttpResponse:
    """Take off the list what it put there."""
    _require_editor(request.user)
    batch = indicator_batch_by_id(batch_id, request.user)

    def undo() -> str:
        undo_batch(actor=request.user, batch=batch, reason=request.POST.get("reason", ""))
        return "Undone; what other sources say of the values stays."

    return _done(request, batch, undo)


def _read(user: User, form: ImportForm) -> IndicatorBatch | None:
    if not form.is_valid():
        return None
    try:
        return read_batch(actor=user, raw=form.raw(), terms=form.terms(), name=form.name())
    except InvalidError as error:
        wrong = "text" if error.field == "file" and not form.name() else error.field
        form.add_error(wrong, error.message)
        return None


def _done(request: DeskRequest, batch: IndicatorBatch, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except (InvalidError, ConflictError) as error:
        messages.error(request, error.message)
    return redirect("detectors:import-detail", batch.pk)


def _detail(request: DeskRequest, batch: IndicatorBatch) -> HttpResponse:
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in RowOutcome.values else ""
    after = _number(request.GET.get("after", ""))
    rows = list(indicator_rows_of(batch, outcome).filter(number__gt=after)[: PAGE + 1])
    is_open = batch.state == BatchState.PREVIEW
    offered = list(indicator_rows_of(batch, RowOutcome.CANDIDATE)[:OFFERED]) if is_open else []
    words: dict[str, str] = {"outcome": outcome} if outcome else {}
    last = rows[PAGE - 1].number if len(rows) > PAGE else 0
    context: dict[str, Any] = {
        "section": "imports",
        "batch": batch,
        "is_open": is_open,
        "is_accepted": batch.state == BatchState.ACCEPTED,
        "can_edit": allowed(request.user, "watch.edit"),
        "twins": twins_of(batch, request.user),
        "outcome": outcome,
        "piles": [(one, one.label, batch.outcomes.get(one.value, 0)) for one in RowOutcome],
        "forms": [(FORM_WORDS[Form(name)], count) for name, count in batch.forms.items()],
        "ready": batch.outcomes.get(RowOutcome.NEW, 0),
        "withdraws": batch.outcomes.get(RowOutcome.WITHDRAWS, 0),
        "offered": offered,
        "unseen": batch.outcomes.get(RowOutcome.CANDIDATE, 0) - len(offered) if is_open else 0,
        "rows": rows[:PAGE],
        "first": f"?{urlencode(words)}" if after else "",
        "more": f"?{urlencode({**words, 'after': str(last)})}" if last else "",
        "shown": f"{min(len(rows), PAGE)} shown",
        "step": PAGE,
    }
    return render(request, "detectors/import_detail.html", context)


def _number(said: str) -> int:
    good = said.isascii() and said.isdecimal() and len(said) <= MAX_DIGITS
    return int(said) if good else 0


def _require_reader(user: User) -> None:
    if user.role not in READERS:
        message = "There is nothing here."
        raise NotFoundError(message)


def _require_editor(user: User) -> None:
    if not allowed(user, "watch.edit"):
        message = "There is nothing here."
        raise NotFoundError(message)
