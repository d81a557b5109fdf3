"""Declared relationships: who has declared what, and what such accounts do together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from detectors.policy import READERS, allowed
from detectors.selectors.declared import (
    coordination_of,
    declared_group_by_id,
    declared_groups_for,
)
from detectors.services.declared import LIMITS, MAX_ACCOUNTS, declare_group, end_group

MAX_PASTED: Final = 150_000
SHOWN: Final = 100
FIELDS: Final = {"valid_until": "days"}
"""Where the form shows what a service says of a field."""


class GroupForm(forms.Form):
    """A declared group."""

    name = forms.CharField(label="Name", max_length=LIMITS["name"])
    accounts = forms.CharField(
        label="Accounts",
        max_length=MAX_PASTED,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text=f"One a line as platform:name, at most {MAX_ACCOUNTS}.",
    )
    proof = forms.CharField(
        label="Proof",
        max_length=LIMITS["proof"],
        help_text="What shows that they belong together: imprint, contract, letter.",
    )
    days = forms.IntegerField(
        label="Days",
        min_value=1,
        max_value=3_650,
        required=False,
        help_text="Empty: until somebody ends it.",
    )


@login_required
@require_http_methods(["GET", "POST"])
def group_list(request: DeskRequest) -> HttpResponse:
    """All declared groups, and the form for one more."""
    _require_reader(request.user)
    form = GroupForm(request.POST or None)
    if request.method == "POST":
        _require_editor(request.user)
        if form.is_valid() and _declared(request, form):
            return redirect("detectors:group-list")
    context = {
        "section": "groups",
        "form": form,
        "rows": declared_groups_for(request.user)[:SHOWN],
        "can_edit": allowed(request.user, "group.declare"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "detectors/group_list.html", context, status=status)


@login_required
@require_GET
def group_detail(request: DeskRequest, group_id: int) -> HttpResponse:
    """One group: its accounts, and their declared coordination."""
    _require_reader(request.user)
    group = declared_group_by_id(group_id, request.user)
    context: dict[str, Any] = {
        "section": "groups",
        "group": group,
        "rows": coordination_of(group)[:SHOWN],
        "can_edit": allowed(request.user, "group.declare"),
    }
    return render(request, "detectors/group_detail.html", context)


@login_required
@require_POST
def group_end(request: DeskRequest, group_id: int) -> HttpResponse:
    """End a declaration."""
    _require_editor(request.user)
    group = declared_group_by_id(group_id, request.user)
    try:
        end_group(actor=request.user, group=group, reason=request.POST.get("reason", ""))
    except (InvalidError, ConflictError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Ended. Its accounts are judged as anybody's again.")
    return redirect("detectors:group-detail", group_id)


def _declared(request: DeskRequest, form: GroupForm) -> bool:
    said = form.cleaned_data
    until = clock.now() + timedelta(days=said["days"]) if said["days"] else None
    try:
        group = declare_group(
            actor=request.user,
            name=said["name"],
            accounts=said["accounts"].splitlines(),
            proof=said["proof"],
            valid_until=until,
        )
    except InvalidError as error:
        form.add_error(FIELDS.get(error.field, error.field), error.message)
        return False
    messages.success(request, f"{len(group.accounts)} accounts are declared.")
    return True


def _require_reader(user: User) -> None:
    if user.role not in READERS:
        message = "There is nothing here."
        raise NotFoundError(message)


def _require_editor(user: User) -> None:
    if not allowed(user, "group.declare"):
        message = "There is nothing here."
        raise NotFoundError(message)
