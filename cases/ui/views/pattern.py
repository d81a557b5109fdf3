"""Pages of own patterns: offered, tested, approved, handed over, revoked."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases import packing, policy
from cases.choices import PatternState
from cases.models import Circle, Pattern
from cases.selectors.partner import (
    circle_by_slug,
    circles_for,
    organisation_for,
    partners_for,
)
from cases.selectors.pattern import fares_of, pattern_by_id, pattern_receivers_of, patterns_for
from cases.selectors.received import received_for
from cases.services.pattern import (
    change_pattern,
    draft_pattern,
)
from cases.services.pattern_tests import add_test
from cases.services.share import LASTS
from cases.sharing.patterns.scrutiny import MADE_UP_RULE as MADE_UP
from cases.ui.pattern_forms import NewPatternForm, PatternForm, TestForm, UploadForm, first_of
from cases.ui.views.partner import refuse
from detectors.selectors.config import detector_by_slug, detectors_for
from detectors.sigma.detector import PREFIX

SHOWN: Final = 200
LINES: Final = 500


@login_required
@require_GET
def pattern_list(request: DeskRequest) -> HttpResponse:
    """Own patterns, and those of partners with how far they are."""
    require_reader(request.user)
    context = {
        "section": "patterns",
        "rows": patterns_for(request.user)[:SHOWN],
        "received": received_for(request.user)[:SHOWN],
        "upload": UploadForm(partners=partners_for(request.user)),
        "can_write": policy.allowed(request.user, "pattern.write"),
    }
    return render(request, "sharing/pattern_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def pattern_new(request: DeskRequest) -> HttpResponse:
    """Offer a rule or a detector: choose it and a circle, then say what."""
    require_reader(request.user)
    slug, circle = request.GET.get("slug", ""), _circle(request)
    form = None
    if circle is not None and slug:
        title = detector_by_slug(slug, request.user).meta.title
        first = {
            "title": title,
            "name": slug.removeprefix(PREFIX),
            "valid_until": (clock.now() + LASTS).date(),
        }
        form = NewPatternForm(
            request.POST or None, initial=first, circle=circle, received=received_for(request.user)
        )
        if request.method == "POST":
            policy.require(request.user, "pattern.write")
            if form.is_valid() and (row := _drafted(request, slug, circle, form)):
                return redirect("cases:pattern", row.pk)
    context = {
        "section": "patterns",
        "slug": slug,
        "circle": circle,
        "circles": circles_for(request.user).filter(active=True),
        "detectors": detectors_for(request.user),
        "own": organisation_for(request.user),
        "form": form,
        "can_write": policy.allowed(request.user, "pattern.write"),
    }
    status = InvalidError.status if form is not None and form.is_bound else 200
    return render(request, "sharing/pattern_new.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def pattern(request: DeskRequest, pattern_id: int) -> HttpResponse:
    """One own pattern; POST writes its next preview."""
    row = pattern_by_id(pattern_id, request.user)
    form = PatternForm(
        request.POST or None,
        initial=first_of(row),
        circle=row.circle,
        received=received_for(request.user),
    )
    if request.method == "POST":
        policy.require(request.user, "pattern.write")
        if form.is_valid() and _changed(request, row, form):
            return redirect("cases:pattern", row.pk)
    return _page(request, row, form)


@login_required
@require_POST
def pattern_test(request: DeskRequest, pattern_id: int) -> HttpResponse:
    """Add a test."""
    row = pattern_by_id(pattern_id, request.user)
    policy.require(request.user, "pattern.write")
    test = TestForm(request.POST)
    if test.is_valid():
        try:
            add_test(actor=request.user, pattern=row, test=test.said())
        except (ConflictError, InvalidError) as error:
            refuse(test, error)
        else:
            return redirect("cases:pattern", row.pk)
    form = PatternForm(
        initial=first_of(row), circle=row.circle, received=received_for(request.user)
    )
    return _page(request, row, form, test)


def handed(body: bytes, name: str, media_type: str) -> HttpResponse:
    """A file that a person hands on."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(body, content_type=media_type, headers=headers)


def require_reader(user: User) -> None:
    """Raises NotFoundError for who may not know that there are patterns."""
    if not policy.allowed(user, "pattern.view"):
        message = "There is no such page."
        raise NotFoundError(message)


def _page(
    request: DeskRequest, row: Pattern, form: PatternForm, test: TestForm | None = None
) -> HttpResponse:
    user = request.user
    wrote = user.pk in (row.author_id, row.changed_by_id)
    waits = row.state == PatternState.WAITING
    can_write = policy.allowed(user, "pattern.write") and row.state != PatternState.REVOKED
    context: dict[str, Any] = {
        "section": "patterns",
        "row": row,
        "form": form,
        "test_form": test or TestForm(initial={"kind": "positive"}),
        "receivers": pattern_receivers_of(row, user),
        "fares": fares_of(row, user),
        "lines": [one for one in row.lines if one["rule"] != MADE_UP][:LINES],
        "made_up": [one for one in row.lines if one["rule"] == MADE_UP][:LINES],
        "more": max(0, len(row.lines) - LINES),
        "tests": list(zip(row.tests, row.tested, strict=False)),
        "days": packing.OWN_DAYS,
        "own": organisation_for(user),
        "can_write": can_write,
        "can_ask": can_write and row.state == PatternState.DRAFT and not row.conflicts,
        "can_approve": waits and not wrote and policy.allowed(user, "pattern.approve"),
        "waits_for_other": waits and wrote,
        "can_deliver": bool(row.live) and policy.allowed(user, "pattern.deliver"),
        "can_revoke": bool(row.live)
        and row.state != PatternState.REVOKED
        and policy.allowed(user, "pattern.revoke"),
    }
    refused = form.is_bound or (test is not None and test.is_bound)
    return render(
        request, "sharing/pattern.html", context, status=InvalidError.status if refused else 200
    )


def _circle(request: DeskRequest) -> Circle | None:
    slug = request.GET.get("circle", "")
    return circle_by_slug(slug, request.user) if slug else None


def _drafted(
    request: DeskRequest, slug: str, circle: Circle, form: NewPatternForm
) -> Pattern | None:
    name = form.cleaned_data.pop("name")
    try:
        return draft_pattern(
            actor=request.user, slug=slug, name=name, circle=circle, said=form.said()
        )
    except (ConflictError, InvalidError) as error:
        refuse(form, error)
        return None


def _changed(request: DeskRequest, row: Pattern, form: PatternForm) -> bool:
    try:
        change_pattern(actor=request.user, pattern=row, said=form.said(row.tests))
    except (ConflictError, InvalidError) as error:
        refuse(form, error)
        return False
    messages.success(request, "A new preview was made. Nothing has left by it.")
    return True
