"""Pages of partners' patterns: taken in, and step by step on their way; keys of partners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.errors import AbuseDeskError, ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.choices import ReceivedState
from cases.models import ReceivedPattern
from cases.selectors.partner import partner_by_slug, partners_for
from cases.selectors.pattern import patterns_for
from cases.selectors.received import (
    Told,
    counts_of,
    partner_keys_of,
    received_by_id,
    received_for,
    standing_of,
)
from cases.services.partner_key import pin_key, withdraw_key
from cases.services.pattern_outcome import hand_outcomes
from cases.services.received import (
    accept_pattern,
    backtest_received,
    discard_pattern,
    enable_pattern,
    resume_pattern,
    set_tells_back,
    shadow_pattern,
)
from cases.services.receiving import receive_file
from cases.ui.pattern_forms import DaysForm, KeyForm, UploadForm, parameter_fields
from cases.ui.views.partner import refuse
from cases.ui.views.pattern import SHOWN, handed, require_reader


@login_required
@require_POST
def pattern_upload(request: DeskRequest) -> HttpResponse:
    """A file of a partner goes into quarantine."""
    require_reader(request.user)
    policy.require(request.user, "pattern.receive")
    form = UploadForm(request.POST, request.FILES, partners=partners_for(request.user))
    if form.is_valid():
        partner = partner_by_slug(form.cleaned_data["partner"], request.user)
        try:
            taken = receive_file(
                actor=request.user, partner=partner, body=form.cleaned_data["file"]
            )
        except InvalidError as error:
            refuse(form, error)
        else:
            messages.success(
                request,
                f"{len(taken.received)} into quarantine, {taken.known} known already,"
                f" {taken.paused} paused, {taken.outcomes} counts of outcomes.",
            )
            if len(taken.received) == 1:
                return redirect("cases:received", taken.received[0].pk)
            return redirect("cases:pattern-list")
    context = {
        "section": "patterns",
        "rows": patterns_for(request.user)[:SHOWN],
        "received": received_for(request.user)[:SHOWN],
        "upload": form,
        "can_write": True,
    }
    return render(request, "sharing/pattern_list.html", context, status=InvalidError.status)


@login_required
@require_GET
def received(request: DeskRequest, received_id: int) -> HttpResponse:
    """One pattern of a partner: what it is, how far it is, what comes next."""
    row = received_by_id(received_id, request.user)
    told = standing_of(row, request.user)
    context = {
        "section": "patterns",
        "row": row,
        "told": told,
        "results": list(zip(told.pack.tests, row.tested, strict=False)),
        "form": _form(told),
        "outcomes": counts_of(row, request.user)[:20],
        "can": policy.allowed(request.user, "pattern.receive"),
        "paused": row.state == ReceivedState.PAUSED,
        "ended": row.state in (ReceivedState.REFUSED, ReceivedState.REPLACED),
    }
    return render(request, "sharing/received.html", context)


@login_required
@require_POST
def received_do(request: DeskRequest, received_id: int) -> HttpResponse:
    """A step: accept, backtest, shadow, enable, refuse, begin again, tell back."""
    row = received_by_id(received_id, request.user)
    policy.require(request.user, "pattern.receive")
    step = STEPS.get(request.POST.get("do", ""), _nothing)
    try:
        messages.success(request, step(request, row))
    except AbuseDeskError as error:
        messages.error(request, error.message)
    return redirect("cases:received", row.pk)


@login_required
@require_POST
def partner_keys(request: DeskRequest, partner_slug: str) -> HttpResponse:
    """Pin a key of a partner."""
    row = partner_by_slug(partner_slug, request.user)
    policy.require(request.user, "key.pin")
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            pin_key(actor=request.user, partner=row, **form.cleaned_data)
            messages.success(request, "Pinned. It counts from now on.")
        except (ConflictError, InvalidError) as error:
            messages.error(request, error.message)
    else:
        messages.error(request, "Paste the key, and type the fingerprint.")
    return redirect("cases:partner", row.slug)


@login_required
@require_POST
def partner_key_withdraw(request: DeskRequest, partner_slug: str, key_id: str) -> HttpResponse:
    """Trust a key no more."""
    row = partner_by_slug(partner_slug, request.user)
    policy.require(request.user, "key.pin")
    key = get_object_or_404(partner_keys_of(row, request.user), key_id=key_id)
    try:
        withdraw_key(actor=request.user, key=key)
        messages.success(
            request,
            "Withdrawn. It counts for nothing now; patterns that it signed are paused.",
        )
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("cases:partner", row.slug)


@login_required
@require_POST
def pattern_outcomes(request: DeskRequest, partner_slug: str) -> HttpResponse:
    """The counts for the author of patterns, as a file."""
    row = partner_by_slug(partner_slug, request.user)
    policy.require(request.user, "pattern.deliver")
    try:
        file = hand_outcomes(actor=request.user, partner=row)
    except ConflictError as error:
        messages.error(request, error.message)
        return redirect("cases:partner", row.slug)
    return handed(file.body, file.name, file.media_type)


def _form(told: Told, data: QueryDict | None = None) -> forms.Form:
    return parameter_fields(forms.Form(data), told.pack.parameters)


def _nothing(request: DeskRequest, row: ReceivedPattern) -> str:
    message = f"Choose a step: {', '.join(STEPS)}."
    raise InvalidError(message, field="do")


def _accept(request: DeskRequest, row: ReceivedPattern) -> str:
    form = _form(standing_of(row, request.user), request.POST)
    if not form.is_valid():
        name, said = next(iter(form.errors.items()))
        message = f"{name}: {said[0]}"
        raise InvalidError(message, field=name)
    accept_pattern(actor=request.user, received=row, values=form.cleaned_data)
    return "Accepted. It is inactive; a backtest comes next."


def _backtest(request: DeskRequest, row: ReceivedPattern) -> str:
    form = DaysForm(request.POST)
    days = form.cleaned_data["days"] if form.is_valid() else 0
    backtest_received(actor=request.user, received=row, days=days)
    return "The backtest runs on own signals."


def _shadow(request: DeskRequest, row: ReceivedPattern) -> str:
    shadow_pattern(actor=request.user, received=row)
    return "It watches from the next tick and opens nothing."


def _enable(request: DeskRequest, row: ReceivedPattern) -> str:
    draft = enable_pattern(actor=request.user, received=row, reason=request.POST.get("reason", ""))
    if draft.made:
        return "It is enabled."
    return f"Draft {draft.pk} waits for a second person."


def _refuse(request: DeskRequest, row: ReceivedPattern) -> str:
    discard_pattern(actor=request.user, received=row, reason=request.POST.get("reason", ""))
    return "Refused. Its rule, if it had one, is off; open cases stay."


def _resume(request: DeskRequest, row: ReceivedPattern) -> str:
    resume_pattern(actor=request.user, received=row)
    return "It is accepted and inactive again; it needs a new backtest."


def _tell(request: DeskRequest, row: ReceivedPattern) -> str:
    tells = request.POST.get("tells") == "1"
    set_tells_back(actor=request.user, received=row, tells=tells)
    return "Counts are made each week." if tells else "No counts are made any more."


STEPS: Final[dict[str, Callable[[DeskRequest, ReceivedPattern], str]]] = {
    "accept": _accept,
    "backtest": _backtest,
    "shadow": _shadow,
    "enable": _enable,
    "refuse": _refuse,
    "resume": _resume,
    "tell": _tell,
}
