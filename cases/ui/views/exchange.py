"""Pages of what desks ask each other: conflicts that a lead weighs, look-ups."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.selectors.share import share_by_id
from cases.services.asking import ask_partners
from cases.services.override import override_conflict
from cases.ui.feed_forms import OverrideForm
from detectors.selectors.entity import entity_by_id


@login_required
@require_POST
def share_override(request: DeskRequest, share_id: int) -> HttpResponse:
    """Leave one conflict out of account."""
    row = share_by_id(share_id, request.user)
    policy.require(request.user, "share.override", row.case)
    form = OverrideForm(request.POST)
    try:
        if form.is_valid():
            override_conflict(actor=request.user, share=row, **form.cleaned_data)
            messages.success(request, "The preview was made anew without this conflict.")
        else:
            messages.error(request, "Nothing was saved: give a reason, and 1 to 90 days.")
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    return redirect("cases:share", row.pk)


@login_required
@require_POST
def ask(request: DeskRequest, entity_id: int) -> HttpResponse:
    """Ask other desks, by hash, whether they know this thing."""
    entity = entity_by_id(entity_id, request.user)
    try:
        asked = ask_partners(actor=request.user, entity=entity)
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
        return redirect("detectors:entity-detail", entity.type, entity.pk)
    context = {"section": "signals", "entity": entity, "asked": asked}
    return render(request, "sharing/asked.html", context)
