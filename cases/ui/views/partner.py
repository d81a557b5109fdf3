"""Pages of those with whom the desk shares: partners, circles, the own organisation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.models import Circle, Partner
from cases.selectors.partner import (
    circle_by_slug,
    circles_for,
    organisation_for,
    partner_by_slug,
    partners_for,
    published_keys_of,
    reach_of,
)
from cases.services.circle import renew_key, save_circle
from cases.services.organisation import save_organisation
from cases.services.partner import issue_partner_token, save_partner
from cases.ui.sharing_forms import (
    CircleForm,
    NewCircleForm,
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
    return _page(request, "sharing/partner_list.html", context)


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


@login_required
@require_http_methods(["GET", "POST"])
def circle_list(request: DeskRequest) -> HttpResponse:
    """All circles; POST makes one."""
    rows = circles_for(request.user)
    form = NewCircleForm(request.POST or None)
    if request.method == "POST":
        policy.require(request.user, "partner.save")
        if form.is_valid() and (row := _circle(request, form)):
            return redirect("cases:circle", row.slug)
    context = {
        "section": "circles",
        "rows": rows,
        "form": form,
        "can_save": policy.allowed(request.user, "partner.save"),
    }
    return _page(request, "sharing/circle_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def circle(request: DeskRequest, circle_slug: str) -> HttpResponse:
    """One circle: what reaches whom, and why not; POST changes it."""
    row = circle_by_slug(circle_slug, request.user)
    reach = reach_of(row, request.user)
    first = {name: getattr(row, name, None) for name in CircleForm.base_fields}
    first["members"] = [one.partner.slug for one in reach]
    form = CircleForm(request.POST or None, initial=first)
    if request.method == "POST":
        policy.require(request.user, "partner.save")
        if form.is_valid() and _circle(request, form, row):
            messages.success(request, "Saved. Who joined gets nothing old by it.")
            return redirect("cases:circle", row.slug)
    context = {
        "section": "circles",
        "row": row,
        "reach": reach,
        "key": row.keys.first(),
        "form": form,
        "can_save": policy.allowed(request.user, "partner.save"),
    }
    return _page(request, "sharing/circle.html", context)


@login_required
@require_POST
def circle_key(request: DeskRequest, circle_slug: str) -> HttpResponse:
    """Begin the next epoch of the circle's key."""
    key = renew_key(actor=request.user, circle=circle_by_slug(circle_slug, request.user))
    messages.success(request, f"From now on values are hashed with the key {key.key_id}.")
    return redirect("cases:circle", circle_slug)


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


def _circle(request: DeskRequest, form: CircleForm, row: Circle | None = None) -> Circle | None:
    slug = form.cleaned_data.get("slug", "")
    try:
        return save_circle(actor=request.user, said=form.said(), slug=slug, circle=row)
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
        "can_save": policy.allowed(request.user, "partner.save"),
    }
    return _page(request, "sharing/partner.html", context)


def _page(request: DeskRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    forms = (one for one in context.values() if isinstance(one, Form))
    status = InvalidError.status if any(one.is_bound for one in forms) else 200
    return render(request, template, context, status=status)
