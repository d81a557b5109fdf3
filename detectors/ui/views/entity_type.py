"""Types of entities that people add."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import Role, User
from detectors.choices import Form
from detectors.selectors.entity_type import entity_types_for
from detectors.services.entity_type import LIMITS, add_entity_type


class TypeForm(forms.Form):
    """A new type."""

    slug = forms.CharField(
        label="Name",
        max_length=40,
        help_text="What stands before the colon: loyaltycard for loyaltycard:0042-17.",
    )
    label = forms.CharField(max_length=LIMITS["label"], help_text="How the console calls it.")
    meaning = forms.CharField(max_length=LIMITS["meaning"], help_text="For the next person.")
    form = forms.ChoiceField(
        label="Compared as",
        choices=Form.choices,
        help_text="Settled once: what is stored bears this form.",
    )


@login_required
@require_http_methods(["GET", "POST"])
def entity_types(request: DeskRequest) -> HttpResponse:
    """All types that people added, and the form for one more."""
    _require_admin(request.user)
    form = TypeForm(request.POST or None)
    if form.is_valid() and _added(request, form):
        return redirect("detectors:entity-types")
    page = {"section": "types", "form": form, "rows": entity_types_for(request.user)}
    status = 422 if form.is_bound else 200
    return render(request, "detectors/entity_types.html", page, status=status)


def _added(request: DeskRequest, form: TypeForm) -> bool:
    try:
        added = add_entity_type(actor=request.user, **form.cleaned_data)
    except (InvalidError, ConflictError) as error:
        form.add_error(error.field, error.message)
        return False
    messages.success(request, f"{added.label} is linked from the next signal on.")
    return True


def _require_admin(user: User) -> None:
    if user.role != Role.ADMIN:
        message = "There is nothing here."
        raise NotFoundError(message)
