"""Pages of what others shared: every object as it came, read only; and files of it."""

from __future__ import annotations

import json
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.outbound import OutboundError
from cases import policy
from cases.selectors.feed import (
    imported_by_id,
    imported_objects_for,
    leading_of,
    led_of,
    own_things_of,
)
from cases.selectors.partner import partner_by_slug
from cases.services.bundle import read_bundle
from cases.services.opinion import FRAME, give_opinion
from cases.ui.feed_forms import BundleForm, OpinionForm
from cases.ui.views.partner import page, refuse

LIST: Final = 50
LED: Final = 100
MAX_DIGITS: Final = 18


@login_required
@require_http_methods(["GET", "POST"])
def imported_list(request: DeskRequest) -> HttpResponse:
    """Objects of others, newest first; POST reads a file."""
    rows = imported_objects_for(request.user)
    form = BundleForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        policy.require(request.user, "feed.save")
        if form.is_valid() and _read(request, form):
            return redirect("cases:imported-list")
    asked = {name: request.GET.get(name, "") for name in ("source", "type", "q")}
    if asked["source"]:
        rows = rows.filter(source=asked["source"].replace("\0", ""))
    if asked["type"]:
        rows = rows.filter(type=asked["type"].replace("\0", ""))
    if asked["q"]:
        rows = rows.filter(name__icontains=asked["q"].replace("\0", ""))
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) <= MAX_DIGITS:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: LIST + 1])
    here = urlencode({name: value for name, value in asked.items() if value})
    context = {
        "section": "imported",
        "rows": found[:LIST],
        "asked": asked,
        "form": form,
        "first": f"?{here}" if before else "",
        "more": f"?{here}&before={found[LIST - 1].pk}" if len(found) > LIST else "",
        "shown": f"{min(len(found), LIST)} shown",
        "step": LIST,
        "can_save": policy.allowed(request.user, "feed.save"),
    }
    return page(request, "sharing/imported_list.html", context)


@login_required
@require_GET
def imported(request: DeskRequest, imported_id: int) -> HttpResponse:
    """One object as it came, what it leads to, and what of it the desk knows itself."""
    row = imported_by_id(imported_id, request.user)
    context = {
        "section": "imported",
        "row": row,
        "body": json.dumps(row.body, indent=2, sort_keys=True),
        "led": led_of(row, request.user)[:LED],
        "leading": leading_of(row, request.user)[:LED],
        "opinion_form": OpinionForm(initial={"opinion": row.opinion}),
        "can_say": policy.allowed(request.user, "feed.answer")
        and row.feed is not None
        and bool(row.feed.desk_url)
        and row.type not in FRAME
        and not row.revoked,
        "things": own_things_of(row, request.user)[:LED],
    }
    return page(request, "sharing/imported.html", context)


@login_required
@require_POST
def imported_opinion(request: DeskRequest, imported_id: int) -> HttpResponse:
    """Tell its desk what this one thinks of it."""
    row = imported_by_id(imported_id, request.user)
    policy.require(request.user, "feed.answer")
    form = OpinionForm(request.POST)
    try:
        if form.is_valid():
            give_opinion(actor=request.user, imported=row, **form.cleaned_data)
            messages.success(request, "Its desk was told.")
        else:
            messages.error(request, "Nothing was told: choose one of the list.")
    except (ConflictError, OutboundError) as error:
        messages.error(request, str(error))
    return redirect("cases:imported", row.pk)


def _read(request: DeskRequest, form: BundleForm) -> bool:
    said = form.cleaned_data
    partner = partner_by_slug(said["partner"], request.user) if said["partner"] else None
    name = str(said["file"].name)
    try:
        done, worth = read_bundle(
            actor=request.user, raw=form.raw(), terms=form.terms(), partner=partner, name=name
        )
    except InvalidError as error:
        refuse(form, error)
        return False
    told = f"{len(done.outcomes):,} objects are kept, {len(done.refused):,} refused; {worth}."
    why = "; ".join(dict.fromkeys(list(done.refused.values())[:3]))
    messages.success(request, f"{told} {why}".strip())
    return True
