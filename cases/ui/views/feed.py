"""Pages of feeds: what is read of others, how far, and what waits of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from abusedesk.core.outbound import OutboundError
from cases import policy
from cases.choices import FeedKind
from cases.models import Feed
from cases.selectors.feed import (
    feed_by_slug,
    feeds_for,
    kept_of,
    keys_of,
    waiting_of,
)
from cases.selectors.misp import events_of
from cases.selectors.partner import circle_by_slug
from cases.services.answering import answer_feed
from cases.services.feed import accept_feed, resume_feed, save_feed
from cases.services.inbox import set_inbox
from cases.ui.feed_forms import FeedForm, InboxForm, NewFeedForm
from cases.ui.views.partner import page, refuse

WAITING: Final = 20


@login_required
@require_http_methods(["GET", "POST"])
def feed_list(request: DeskRequest) -> HttpResponse:
    """All feeds; POST makes one."""
    rows = feeds_for(request.user)
    form = NewFeedForm(request.POST or None)
    if request.method == "POST":
        policy.require(request.user, "feed.save")
        if form.is_valid() and (row := _feed(request, form)):
            return redirect("cases:feed", row.slug)
    context = {
        "section": "feeds",
        "rows": rows,
        "form": form,
        "can_save": policy.allowed(request.user, "feed.save"),
    }
    return page(request, "sharing/feed_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def feed(request: DeskRequest, feed_slug: str) -> HttpResponse:
    """One feed; POST changes it."""
    row = feed_by_slug(feed_slug, request.user)
    first = {name: getattr(row, name) for name in FeedForm.base_fields if name != "secret"}
    first["partner"] = row.partner.slug if row.partner else ""
    form = FeedForm(request.POST or None, initial=first)
    if request.method == "POST":
        policy.require(request.user, "feed.save")
        if form.is_valid() and _feed(request, form, row):
            messages.success(request, "Saved. It is read now.")
            return redirect("cases:feed", row.slug)
    waiting = waiting_of(row, request.user)
    context = {
        "section": "feeds",
        "row": row,
        "form": form,
        "kept": kept_of(row, request.user),
        "keys": keys_of(row, request.user),
        "events": events_of(row, request.user) if row.kind == FeedKind.MISP else None,
        "waiting": waiting[:WAITING],
        "waiting_count": waiting.count(),
        "can_save": policy.allowed(request.user, "feed.save"),
        "can_answer": policy.allowed(request.user, "feed.answer"),
    }
    return page(request, "sharing/feed.html", context)


@login_required
@require_POST
def feed_do(request: DeskRequest, feed_slug: str) -> HttpResponse:
    """Read it now, or accept what waits."""
    row = feed_by_slug(feed_slug, request.user)
    step = _STEPS.get(request.POST.get("do", ""))
    if step is None:
        message = "There is no such step."
        raise NotFoundError(message)
    try:
        messages.success(request, step(request.user, row))
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("cases:feed", row.slug)


@login_required
@require_POST
def circle_inbox(request: DeskRequest, circle_slug: str) -> HttpResponse:
    """Say who may post to a circle."""
    row = circle_by_slug(circle_slug, request.user)
    form = InboxForm(request.POST)
    policy.require(request.user, "partner.save")
    if form.is_valid():
        set_inbox(actor=request.user, circle=row, **form.cleaned_data)
        messages.success(request, "Saved. It counts from the next post on.")
    else:
        messages.error(request, "Nothing was saved: choose one of each list, trust from 0 to 1.")
    return redirect("cases:circle", row.slug)


def _read(actor: User, row: Feed) -> str:
    resume_feed(actor=actor, feed=row)
    return "A worker reads it now."


def _accept(actor: User, row: Feed) -> str:
    count = accept_feed(actor=actor, feed=row)
    if not count:
        return "Nothing waits."
    return f"{count} imports are accepted." if count > 1 else "One import is accepted."


def _answer(actor: User, row: Feed) -> str:
    try:
        count = answer_feed(actor=actor, feed=row)
    except OutboundError as error:
        raise ConflictError(str(error)) from error
    if not count:
        return "Nothing was told: fewer than five accounts used any of its indicators since."
    return f"{count} sighting{'s' if count > 1 else ''} went to its desk."


_STEPS: Final[dict[str, Callable[[User, Feed], str]]] = {
    "read": _read,
    "accept": _accept,
    "answer": _answer,
}


def _feed(request: DeskRequest, form: FeedForm, row: Feed | None = None) -> Feed | None:
    slug = form.cleaned_data.get("slug", "")
    try:
        return save_feed(actor=request.user, said=form.said(), slug=slug, feed=row)
    except (ConflictError, InvalidError) as error:
        refuse(form, error)
        return None
