"""What almost fired about an entity, and which detectors are quiet about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core import clock, zones
from abusedesk.core.errors import AbuseDeskError, ConflictError, InvalidError, NotFoundError
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
    return _near(request, _entity(request, kind, entity_id))


@login_required
@require_POST
def entity_suppress(request: DeskRequest, kind: str, entity_id: int) -> HttpResponse:
    """Keep one detector quiet about an entity for some days."""
    entity = _entity(request, kind, entity_id)
    days = request.POST.get("days", "")
    typed = {name: request.POST.get(name, "") for name in ("detector", "days", "reason")}
    try:
        row = suppress_detector(
            actor=request.user,
            slug=typed["detector"],
            type=entity.type,
            value=entity.value,
            reason=typed["reason"],
            expires_at=clock.now() + timedelta(days=int(days) if days in map(str, DAYS) else 7),
        )
    except (ConflictError, InvalidError, NotFoundError) as error:
        return _near(request, entity, typed, error)
    messages.success(request, f"{row.detector} counts again on {zones.told(row.expires_at)}.")
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


def _near(
    request: DeskRequest,
    entity: Entity,
    typed: Mapping[str, str] | None = None,
    error: AbuseDeskError | None = None,
) -> HttpResponse:
    """What almost fired, with the form below it as it was filled in."""
    context = {
        "section": "signals",
        "entity": entity,
        "near": near_misses_for(request.user, entity),
        "suppressions": suppressions_by_entity(entity, request.user),
        "can_suppress": allowed(request.user, "detector.suppress"),
        "detectors": [(slug, one.meta.title) for slug, one in detectors_for(request.user).items()],
        "quiet_days": [(str(days), days) for days in DAYS],
        "typed": typed or {"detector": "", "days": "7", "reason": ""},
        "error": error.message if error else "",
        "error_field": error.field if error else "",
    }
    status = error.status if error else 200
    return render_part(request, "detectors/entity_near.html", context, part="near", status=status)


def _entity(request: DeskRequest, kind: str, entity_id: int) -> Entity:
    entity = entity_by_id(entity_id, request.user)
    if entity.type != kind:
        message = "There is no such entity."
        raise NotFoundError(message)
    return entity
