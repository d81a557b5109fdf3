"""The list of protected entities."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.selectors.protected import protected_entities_for, protected_entity_by_id
from cases.services.protected import end_protection, protect_entities
from cases.ui.automation_forms import ProtectForm

SHOWN: Final = 500


@login_required
@require_http_methods(["GET", "POST"])
def protected(request: DeskRequest) -> HttpResponse:
    """Who stands on it; POST adds some."""
    _require_sight(request)
    form = ProtectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        policy.require(request.user, "protected.save")
        if form.is_valid() and (added := _added(request, form)) is not None:
            messages.success(request, f"Protected: {added} new.")
            return redirect("cases:protected")
    rows = protected_entities_for(request.user)
    context = {
        "section": "protected",
        "rows": rows[:SHOWN],
        "total": rows.count(),
        "form": form,
        "can_save": policy.allowed(request.user, "protected.save"),
    }
    status = 422 if form.errors else 200
    return render(request, "cases/protected.html", context, status=status)


@login_required
@require_POST
def protected_end(request: DeskRequest, entry_id: int) -> HttpResponse:
    """Take one off the list."""
    _require_sight(request)
    entry = protected_entity_by_id(entry_id, request.user)
    try:
        end_protection(actor=request.user, entry=entry, reason=request.POST.get("reason", ""))
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Not protected any more.")
    return redirect("cases:protected")


def _added(request: DeskRequest, form: ProtectForm) -> int | None:
    """How many are new; None when something in the form does not do, which it says then."""
    said = form.cleaned_data
    try:
        rows = protect_entities(
            actor=request.user,
            type=said["type"],
            values=said["values"].splitlines(),
            why=said["why"],
            reason=said["reason"],
        )
    except InvalidError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    return len(rows)


def _require_sight(request: DeskRequest) -> None:
    if not policy.allowed(request.user, "protected.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
