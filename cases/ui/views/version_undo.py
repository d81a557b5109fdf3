"""Undo of a version: what it would take back, and how far it is."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core.errors import InvalidError
from abusedesk.core.htmx import DeskRequest, render_part
from cases import policy
from cases.choices import BulkState
from cases.selectors.automation import UndoPreview, undo_by_id, undo_preview_for
from cases.services.version_undo import TYPED, start_undo
from cases.ui.automation_forms import UndoConfirmForm, UndoForm
from cases.ui.views.automation import require_sight
from detectors.selectors.config import detector_by_slug, versions_of

VERSIONS: Final = 50


@login_required
@require_http_methods(["GET", "POST"])
def detector_undo(request: DeskRequest, slug: str) -> HttpResponse:
    """What an undo would take back; POST does it."""
    require_sight(request.user)
    meta = detector_by_slug(slug, request.user).meta
    if request.method == "POST":
        return _started(request, slug)
    form = UndoForm(request.GET) if request.GET else UndoForm.of_today(_newest(request, slug))
    seen = None
    if form.is_bound and form.is_valid():
        number, since = form.cleaned_data["number"], form.moment()
        seen = undo_preview_for(request.user, slug, number, since)
    status = 422 if form.errors else 200
    return _page(request, {"meta": meta, "form": form, "seen": seen}, status=status)


@login_required
@require_GET
def version_undo(request: DeskRequest, slug: str, undo_id: int) -> HttpResponse:
    """How far an undo is."""
    require_sight(request.user)
    undo = undo_by_id(undo_id, slug, request.user)
    context = {
        "section": "automation",
        "meta": detector_by_slug(slug, request.user).meta,
        "undo": undo,
        "at_work": undo.state == BulkState.RUNNING,
        "share": vars(undo)["done"] / undo.total if undo.total else 1.0,
    }
    return render_part(request, "cases/detector_version_undo.html", context, part="progress")


def _started(request: DeskRequest, slug: str) -> HttpResponse:
    policy.require(request.user, "automation.undo")
    form = UndoConfirmForm(request.POST)
    meta = detector_by_slug(slug, request.user).meta
    if "number" not in request.POST or "since" not in request.POST:
        return redirect("cases:detector-undo", slug)
    if form.is_valid():
        said = form.cleaned_data
        try:
            undo = start_undo(
                actor=request.user,
                slug=slug,
                number=said["number"],
                since=form.moment(),
                reason=said["reason"],
                confirmed=said["count"],
            )
        except InvalidError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "A worker takes them back, one after the other.")
            return redirect("cases:detector-version-undo", slug, undo.pk)
    seen: UndoPreview | None = None
    if {"number", "since"} <= form.cleaned_data.keys():
        number, since = form.cleaned_data["number"], form.moment()
        seen = undo_preview_for(request.user, slug, number, since)
    return _page(request, {"meta": meta, "form": form, "seen": seen, "confirm": form}, status=422)


def _page(request: DeskRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    seen: UndoPreview | None = context["seen"]
    slug = context["meta"].slug
    bound = {"number": seen.number, "since": seen.since} if seen else {}
    confirm = context.pop("confirm", None) or UndoConfirmForm(initial=bound)
    shown = {
        "section": "automation",
        "versions": versions_of(slug, request.user)[:VERSIONS],
        "confirm": confirm,
        "typed": seen is not None and seen.total > TYPED,
        "can_undo": policy.allowed(request.user, "automation.undo"),
        "refs": " ".join(case.ref for case in seen.opened) if seen else "",
        **context,
    }
    return render(request, "cases/detector_undo.html", shown, status=status)


def _newest(request: DeskRequest, slug: str) -> int:
    versions = versions_of(slug, request.user)
    return versions[0].number if versions else 1
