"""Pages of circles: what reaches whom."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from cases import policy
from cases.models import Circle
from cases.selectors.feed import inbox_of
from cases.selectors.partner import circle_by_slug, circles_for, reach_of
from cases.services.circle import renew_key, save_circle
from cases.ui.feed_forms import InboxForm
from cases.ui.sharing_forms import CircleForm, NewCircleForm
from cases.ui.views.partner import page, refuse


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
    return page(request, "sharing/circle_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def circle(request: DeskRequest, circle_slug: str) -> HttpResponse:
    """One circle: what reaches whom, and why not; POST changes it."""
    row = circle_by_slug(circle_slug, request.user)
    reach = reach_of(row, request.user)
    box = inbox_of(row, request.user)
    first = {name: getattr(row, name, None) for name in CircleForm.base_fields}
    first["misp_group"] = row.misp_group or ""
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
        "inbox": box,
        "inbox_form": InboxForm(initial=model_to_dict(box) if box else None, auto_id="inbox_%s"),
        "form": form,
        "can_save": policy.allowed(request.user, "partner.save"),
    }
    return page(request, "sharing/circle.html", context)


@login_required
@require_POST
def circle_key(request: DeskRequest, circle_slug: str) -> HttpResponse:
    """Begin the next epoch of the circle's key."""
    key = renew_key(actor=request.user, circle=circle_by_slug(circle_slug, request.user))
    messages.success(request, f"From now on values are hashed with the key {key.key_id}.")
    return redirect("cases:circle", circle_slug)


def _circle(request: DeskRequest, form: CircleForm, row: Circle | None = None) -> Circle | None:
    slug = form.cleaned_data.get("slug", "")
    try:
        return save_circle(actor=request.user, said=form.said(), slug=slug, circle=row)
    except (ConflictError, InvalidError) as error:
        refuse(form, error)
        return None
