"""Pages of shares: what leaves to whom, and what becomes of every field."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import policy
from cases.choices import ShareState, Tlp, WayOut
from cases.models import Case, Circle, Share
from cases.selectors.case import case_by_ref
from cases.selectors.feed import outcomes_of, overrides_of
from cases.selectors.partner import circle_by_slug, circles_for, organisation_for, partner_by_slug
from cases.selectors.share import (
    changes_for,
    receivers_of,
    rendition_by_partner,
    share_by_id,
    shared_notes_of,
    shares_for,
    shares_of,
)
from cases.services.share import (
    LASTS,
    change_share,
    draft_share,
)
from cases.services.shared_note import add_shared_note
from cases.sharing.conflicts import OVERRIDABLE
from cases.sharing.minimise import RULES
from cases.ui.sharing_forms import AnswerForm, SharedNoteForm, ShareForm
from cases.ui.views.partner import refuse

SHOWN: Final = 100
LINES: Final = 2_500
FILES: Final = (WayOut.SIGNED, WayOut.BUNDLE, WayOut.TABLE, WayOut.EVENT)


@login_required
@require_GET
def share_list(request: DeskRequest) -> HttpResponse:
    """What is shared, waits for approval or was recalled; newest first."""
    _require_reader(request.user)
    state = request.GET.get("state", "")
    rows = shares_for(request.user)
    if state in ShareState.values:
        rows = rows.filter(state=state)
    context = {
        "section": "sharing",
        "rows": rows[:SHOWN],
        "state": state,
        "states": [("", "All"), *ShareState.choices],
    }
    return render(request, "sharing/share_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def share_new(request: DeskRequest, ref: str) -> HttpResponse:
    """Share a case: choose a circle, say what; its notes for partners and earlier shares."""
    case = case_by_ref(ref, request.user)
    _require_reader(request.user)
    circle = _circle(request)
    form = None
    if circle is not None:
        form = ShareForm(request.POST or None, circle=circle, initial=_first(case, circle))
        if request.method == "POST" and form.is_valid() and (row := _drafted(request, case, form)):
            return redirect("cases:share", row.pk)
    context = {
        "section": "sharing",
        "case": case,
        "circle": circle,
        "circles": circles_for(request.user).filter(active=True),
        "own": organisation_for(request.user),
        "form": form,
        "shares": shares_of(case, request.user),
        "notes": shared_notes_of(case, request.user),
        "note_form": SharedNoteForm(initial={"tlp": case.tlp}),
        "red": case.tlp == Tlp.RED,
        "can_write": policy.offered(request.user, "share.write", case),
    }
    status = InvalidError.status if form is not None and form.is_bound else 200
    return render(request, "sharing/share_new.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def shared_note(request: DeskRequest, ref: str) -> HttpResponse:
    """Write a note for partners."""
    case = case_by_ref(ref, request.user)
    if request.method == "POST":
        form = SharedNoteForm(request.POST)
        if form.is_valid():
            add_shared_note(actor=request.user, case=case, **form.cleaned_data)
            messages.success(request, "Saved. It leaves with the next share that is approved.")
        else:
            messages.error(request, "Write a note of at most 5,000 characters and choose a TLP.")
    return redirect("cases:share-new", case.ref)


@login_required
@require_http_methods(["GET", "POST"])
def share(request: DeskRequest, share_id: int) -> HttpResponse:
    """One share; POST writes its next preview."""
    row = share_by_id(share_id, request.user)
    receivers = receivers_of(row, request.user)
    named = [one.partner.slug for one in receivers if one.target and not one.target.dropped]
    first = {
        **{name: getattr(row, name) for name in ("title", "summary", "tlp", "pap", "purpose")},
        "valid_until": row.valid_until.date(),
        "partners": named,
    }
    form = ShareForm(request.POST or None, circle=row.circle, initial=first)
    if request.method == "POST" and form.is_valid() and _changed(request, row, form):
        return redirect("cases:share", row.pk)
    context = {
        "section": "sharing",
        "row": row,
        "form": form,
        "heard": outcomes_of(row, request.user),
        "overrides": overrides_of(row, request.user),
        "overridable": OVERRIDABLE,
        **_audience(row, request.user, receivers),
        **_may(row, request.user),
    }
    status = InvalidError.status if form.is_bound else 200
    return render(request, "sharing/share.html", context, status=status)


@login_required
@require_GET
def share_preview(request: DeskRequest, share_id: int, partner_slug: str) -> HttpResponse:
    """What one partner gets: every field with its rule, and the exact bytes."""
    row = share_by_id(share_id, request.user)
    partner = partner_by_slug(partner_slug, request.user)
    found = rendition_by_partner(row, partner, request.user)
    lines = [one | {"why": RULES.get(one["rule"], one["rule"])} for one in found.lines[:LINES]]
    counts = dict.fromkeys(("sent", "truncated", "hmac", "dropped"), 0)
    for one in found.lines:
        counts[one["how"]] += 1
    context = {
        "section": "sharing",
        "row": row,
        "partner": partner,
        "found": found,
        "event": getattr(found, "misp", None),  # there were none before
        "lines": lines,
        "more": len(found.lines) - len(lines),
        "counts": counts,
        "changes": changes_for(found, request.user),
        "hashed": counts["hmac"],
    }
    return render(request, "sharing/share_preview.html", context)


def _audience(row: Share, viewer: User, receivers: list[Any]) -> dict[str, Any]:
    """Who gets it and who does not, in words; files that can be handed over."""
    gets = [one for one in receivers if not one.refused]
    return {
        "receivers": receivers,
        "gets": gets,
        "others": [one for one in receivers if one.refused],
        "files": FILES,
        "unreached": _standing_at("not reached", receivers),
        "unconfirmed": _standing_at("unconfirmed", receivers),
        "answer_form": AnswerForm(),
    }  # fmt: skip


def _standing_at(state: str, receivers: list[Any]) -> list[Any]:
    """Who could have it and is there with a recall."""
    could = (one for one in receivers if one.target and one.target.approved)
    return [one for one in could if one.target.recall_state == state]


def _may(row: Share, viewer: User) -> dict[str, bool]:
    wrote = viewer.pk in (row.author_id, row.changed_by_id)
    writes = policy.offered(viewer, "share.write", row.case)
    waits = row.state == ShareState.WAITING
    return {
        "can_write": writes and row.state != ShareState.RECALLED,
        "can_override": row.state == ShareState.DRAFT and policy.allowed(viewer, "share.override"),
        "can_ask": writes and row.state == ShareState.DRAFT and not row.conflicts,
        "can_approve": waits and not wrote and policy.allowed(viewer, "share.approve"),
        "waits_for_other": waits and wrote,
        "can_deliver": bool(row.live)
        and row.state != ShareState.RECALLED
        and policy.allowed(viewer, "share.deliver"),
        "can_recall": bool(row.live)
        and row.state != ShareState.RECALLED
        and policy.allowed(viewer, "share.recall"),
        "recalled": row.state == ShareState.RECALLED,
        "can_answer": row.state == ShareState.RECALLED and policy.allowed(viewer, "share.recall"),
    }


def _first(case: Case, circle: Circle) -> dict[str, Any]:
    """What the form begins with: nothing of the evidence, and everybody in the circle."""
    level = case.tlp if case.tlp != Tlp.RED else Tlp.AMBER_STRICT
    return {
        "tlp": level,
        "valid_until": (clock.now() + LASTS).date(),
        "partners": list(circle.partners.values_list("slug", flat=True)),
    }


def _circle(request: DeskRequest) -> Circle | None:
    asked = request.GET.get("circle", "")
    return circle_by_slug(asked, request.user) if asked else None


def _drafted(request: DeskRequest, case: Case, form: ShareForm) -> Share | None:
    circle = _circle(request)
    if circle is None:
        return None
    try:
        return draft_share(actor=request.user, case=case, circle=circle, said=form.said())
    except (ConflictError, InvalidError) as error:
        refuse(form, error)
        return None


def _changed(request: DeskRequest, row: Share, form: ShareForm) -> bool:
    try:
        change_share(actor=request.user, share=row, said=form.said())
    except (ConflictError, InvalidError) as error:
        refuse(form, error)
        return False
    messages.success(request, "The preview is new; look at it before you ask for approval.")
    return True


def _require_reader(viewer: User) -> None:
    if not policy.allowed(viewer, "share.view"):
        message = "There is no such page."
        raise NotFoundError(message)
