"""Pages of those with whom the desk shares: partners, and the own organisation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.models import Partner
from cases.selectors.partner import (
    organisation_for,
    partner_by_slug,
    partners_for,
    published_keys_of,
)
from cases.selectors.received import partner_keys_of
from cases.services.organisation import save_organisation
from cases.services.partner import issue_partner_token, save_partner
from cases.ui.pattern_forms import KeyForm
from cases.ui.sharing_forms import (
    NewPartnerForm,
    OrganisationForm,
    PartnerForm,
    PartnerTokenForm,
)


@login_required
@require_http_methods(["GET", "POST"])
def partner_list(request: DeskRequest) -> HttpResponse:
    """All partners and the own organisation; POST makes a partner."""
    rows = partners_for(request.user)
    form = NewPartnerForm(request.POST or None)
    if request.method == "POST":
        policy.require(request.user, "partner.save")
        if form.is_valid() and (row := _partner(request, form)):
            return redirect("cases:partner", row.slug)
    own = organisation_for(request.user)
    context = {
        "section": "partners",
        "rows": rows,
        "own": own,
        "own_form": OrganisationForm(initial={"name": own.name if own else ""}),
        "form": form,
        "can_save": policy.allowed(request.user, "partner.save"),
    }
    return page(request, "sharing/partner_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def partner(request: DeskRequest, partner_slug: str) -> HttpResponse:
    """One partner; POST changes it."""
    row = partner_by_slug(partner_slug, request.user)
    first = {name: getattr(row, name) for name in PartnerForm.base_fields}
    form = PartnerForm(request.POST or None, initial=first)
    if request.method == "POST":
        policy.require(request.user, "partner.save")
        if form.is_valid() and _partner(request, form, row):
            messages.success(request, "Saved. It counts from now on; nothing was sent by it.")
            return redirect("cases:partner", row.slug)
    return _partner_page(request, row, form)


@login_required
@require_POST
def partner_token(request: DeskRequest, partner_slug: str) -> HttpResponse:
    """A token for the partner, shown once."""
    row = partner_by_slug(partner_slug, request.user)
    policy.require(request.user, "partner.save")
    form = PartnerTokenForm(request.POST)
    first = {name: getattr(row, name) for name in PartnerForm.base_fields}
    plain = ""
    if form.is_valid():
        _, plain = issue_partner_token(actor=request.user, partner=row, **form.cleaned_data)
        row, form = partner_by_slug(partner_slug, request.user), PartnerTokenForm()
    return _partner_page(request, row, PartnerForm(initial=first), token=form, plain=plain)


@login_required
@require_POST
def organisation(request: DeskRequest) -> HttpResponse:
    """Name the own organisation."""
    partners_for(request.user)
    form = OrganisationForm(request.POST)
    if form.is_valid():
        save_organisation(actor=request.user, name=form.cleaned_data["name"])
        messages.success(request, "Saved.")
    else:
        messages.error(request, "Give the organisation a name.")
    return redirect("cases:partner-list")


@require_safe
def keys(request: HttpRequest) -> JsonResponse:
    """The key of signed files, for everybody who wants to check one."""
    return JsonResponse(published_keys_of())


def _partner(request: DeskRequest, form: PartnerForm, row: Partner | None = None) -> Partner | None:
    """The partner, or None when the form says what is wrong."""
    slug = form.cleaned_data.get("slug", "")
    try:
        return save_partner(actor=request.user, said=form.said(), slug=slug, partner=row)
    except (ConflictError, InvalidError) as error:
        refuse(form, error)
        return None


def refuse(form: Form, error: ConflictError | InvalidError) -> None:
    """Say a refusal beside its field, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


def _partner_page(
    request: DeskRequest,
    row: Partner,
    form: PartnerForm,
    token: PartnerTokenForm | None = None,
    plain: str = "",
) -> HttpResponse:
    context = {
        "section": "partners",
        "row": row,
        "form": form,
        "token_form": token or PartnerTokenForm(),
        "plain": plain,
        "tokens": row.user.tokens.order_by("-pk") if row.user else [],
        "circles": row.circles.all(),
        "here": settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}",
        "keys": partner_keys_of(row, request.user),
        "key_form": KeyForm(),
        "can_deliver": policy.allowed(request.user, "pattern.deliver"),
        "can_save": policy.allowed(request.user, "partner.save"),
    }
    return page(request, "sharing/partner.html", context)


def page(request: DeskRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page with forms; 422 where one of them was sent and refused."""
    forms = (one for one in context.values() if isinstance(one, Form))
    status = InvalidError.status if any(one.is_bound for one in forms) else 200
    return render(request, template, context, status=status)
