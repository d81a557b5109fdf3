"""Versions of a detector's settings: all of them, two side by side, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from detectors.comparing import compared
from detectors.models import DetectorConfig
from detectors.policy import allowed, change_verb, require
from detectors.selectors.config import detector_by_slug, versions_of
from detectors.selectors.precision import NOTHING, precisions_of
from detectors.services.rollback import roll_back

SHOWN = 100
MAX_DIGITS = 9


@login_required
@require_GET
def version_list(request: DeskRequest, slug: str) -> HttpResponse:
    """All versions, newest first; `?a=3&b=5` are compared, without them the last two."""
    meta = detector_by_slug(slug, request.user).meta
    versions = versions_of(slug, request.user)
    first, second = _chosen(request, versions)
    precisions = precisions_of(slug, request.user)
    context: dict[str, Any] = {
        "section": "detectors",
        "meta": meta,
        "versions": versions,
        "rows": [
            {"version": one, "precision": precisions.get(one.number, NOTHING)}
            for one in versions[:SHOWN]
        ],
        "older": max(0, len(versions) - SHOWN),
        "first": first,
        "second": second,
        "differences": compared(first, second) if first and second else [],
        "can_save": allowed(request.user, change_verb(slug)),
    }
    return render(request, "detectors/version_list.html", context)


@login_required
@require_POST
def rollback(request: DeskRequest, slug: str) -> HttpResponse:
    """Make an earlier version count again."""
    require(request.user, change_verb(slug))
    detector_by_slug(slug, request.user)
    number = _number(request.POST.get("number", ""))
    try:
        made = roll_back(
            actor=request.user, slug=slug, number=number, reason=request.POST.get("reason", "")
        )
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    else:
        told = f"Version {made.number} equals version {number} and is in force from the next tick."
        messages.success(request, told)
    return redirect("detectors:version-list", slug)


def _chosen(
    request: DeskRequest, versions: Sequence[DetectorConfig]
) -> tuple[DetectorConfig | None, DetectorConfig | None]:
    """The two that are compared. Raises NotFoundError for a number that is none."""
    known = {one.number: one for one in versions}
    newest = versions[0].number if versions else 0
    wanted = [
        _number(request.GET[name]) if name in request.GET else default
        for name, default in (("a", newest - 1), ("b", newest))
    ]
    for name, number in zip("ab", wanted, strict=True):
        if name in request.GET and number not in known:
            message = f"There is no version {request.GET[name][:MAX_DIGITS]}."
            raise NotFoundError(message)
    return known.get(wanted[0]), known.get(wanted[1])


def _number(text: str) -> int:
    """The number that was sent; 0 for what is none."""
    usable = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    return int(text) if usable else 0
