"""What almost fired about an entity, and which detectors are quiet about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from detectors.models import Entity
from detectors.policy import allowed
from detectors.selectors.config import detectors_for
from detectors.selectors.entity import entities_by_value, entities_for, entity_by_id
from detectors.selectors.near import near_misses_for
from detectors.selectors.suppression import suppression_by_id, suppressions_by_entity
from detectors.services.suppression import end_suppression, suppress_detector

DAYS: Final = (1, 7, 30, 90)


@login_required
@require_GET
def entity_near(request: DeskRequest, kind: str, entity_id: int) -> HttpResponse:
    """Rules and detectors that almost fired about an entity."""
    entity = _entity(request, kind, entity_id)
    near = near_misses_for(request.user, entity)
    context = {
        "section": "signals",
        "entity": entity,
        "near": near,
        "suppressions": suppressions_by_entity(entity, request.user),
        "can_suppress": allowed(request.user, "detector.suppress"),
        "detectors": [(slug, one.meta.title) for slug, one in detectors_for(request.user).items()],
        "quiet_days": DAYS,
    }
    return render_part(request, "detectors/entity_near.html", context, part="near")


@login_required
@require_POST
def entity_suppress(request: DeskRequest, kind: str, entity_id: int) -> HttpResponse:
    """Keep one detector quiet about an entity for some days."""
    entity = _entity(request, kind, entity_id)
    days = request.POST.get("days", "")
    try:
        row = suppress_detector(
            actor=request.user,
            slug=request.POST.get("detector", ""),
            type=entity.type,
            value=entity.value,
            reason=request.POST.get("reason", ""),
            expires_at=clock.now() + timedelta(days=int(days) if days in map(str, DAYS) else 7),
        )
    except (ConflictError, InvalidError, NotFoundError) as error:
        messages.error(request, error.message)
        return redirect("detectors:entity-detail", entity.type, entity.pk)
    messages.success(
        request, f"{row.detector} counts again on {row.expires_at:%Y-%m-%d %H:%M} UTC."
    )
    return redirect("detectors:entity-detail", entity.type, entity.pk)


@login_required
@require_POST
def suppression_end(request: DeskRequest, suppression_id: int) -> HttpResponse:
    """The detector counts again at once."""
    row = suppression_by_id(suppression_id, request.user)
    try:
        end_suppression(actor=request.user, suppression=row)
    except ConflictError as error:
        messages.info(request, error.message)
    found = entities_by_value(entities_for(request.user), row.type, row.value).first()
    if found is None:
        return redirect("detectors:detector-detail", row.detector)
    return redirect("detectors:entity-detail", found.type, found.pk)


def _entity(request: DeskRequest, kind: str, entity_id: int) -> Entity:
    entity = entity_by_id(entity_id, request.user)
    if entity.type != kind:
        message = "There is no such entity."
        raise NotFoundError(message)
    return entity
