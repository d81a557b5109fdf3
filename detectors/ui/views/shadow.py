"""What watches beside the version in force: end it, or propose it as live."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from detectors.policy import change_verb, require
from detectors.selectors.config import detector_by_slug
from detectors.services.beside import end_beside, propose_beside


@login_required
@require_POST
def shadow_end(request: DeskRequest, slug: str) -> HttpResponse:
    """It watches no longer."""
    require(request.user, change_verb(slug))
    detector_by_slug(slug, request.user)
    try:
        ended = end_beside(actor=request.user, slug=slug, reason=request.POST.get("reason", ""))
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Version {ended.number} watches no longer.")
    return redirect("detectors:detector-detail", slug)


@login_required
@require_POST
def shadow_live(request: DeskRequest, slug: str) -> HttpResponse:
    """A draft with its settings; where it would lose a case, the form asks why that may be."""
    require(request.user, change_verb(slug))
    detector_by_slug(slug, request.user)
    try:
        draft = propose_beside(
            actor=request.user,
            slug=slug,
            reason=request.POST.get("reason", ""),
            lost_because=request.POST.get("lost_because", ""),
        )
    except (ConflictError, InvalidError) as error:
        messages.error(request, error.message)
        return redirect("detectors:detector-detail", slug)
    return redirect("detectors:draft", slug, draft.pk)
