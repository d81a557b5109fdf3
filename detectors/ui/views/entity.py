"""The page of one entity, and the way to it by value."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from abusedesk.core import saved
from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest
from detectors.choices import EntityType
from detectors.selectors.actor import same_actors_of
from detectors.selectors.entity import (
    entity_by_id,
    entity_by_value,
    findings_by_entity,
    links_of,
    platforms_of,
    recent_of,
    recent_signals_of,
)
from detectors.selectors.reference import lists_of
from detectors.ui import explorer
from detectors.ui.chips import chips

SIGNALS = 25
SHOWN_FINDINGS = 10


@login_required
@require_GET
def entity_find(request: DeskRequest) -> HttpResponse:
    """From a value, in any spelling, to its entity."""
    kind, value = (request.GET.get(name, "").strip() for name in ("type", "value"))
    missing = False
    if kind and value:
        try:
            entity = entity_by_value(kind, value, request.user)
        except NotFoundError:
            missing = True
        else:
            return redirect("detectors:entity-detail", entity.type, entity.pk)
    context = {
        "section": "entities",
        "types": EntityType.choices,
        "type": kind,
        "value": value,
        "missing": missing,
    }
    status = NotFoundError.status if missing else 200
    return render(request, "detectors/entity_find.html", context, status=status)


@login_required
@require_GET
def entity_detail(request: DeskRequest, kind: str, entity_id: int) -> HttpResponse:
    """Where an entity was seen, with what, and what is known of it."""
    entity = entity_by_id(entity_id, request.user)
    if entity.type != kind:
        message = "There is no such entity."
        raise NotFoundError(message)
    recent = recent_of(entity)
    findings = findings_by_entity(entity, recent, request.user)
    linked = links_of(recent, entity)
    own = (entity.type, entity.value)
    listed = lists_of([own, *((one.type, one.value) for one in linked)])
    context = {
        "section": "entities",
        "entity": entity,
        "listed": listed.get(own, []),
        "chips": chips(listed.get(own, [])),
        "platforms": platforms_of(recent),
        "can_put": request.user.role in saved.STAFF,
        "pivot": explorer.about(entity),
        "recent": recent,
        "accounts": same_actors_of(entity, recent, findings),
        "linked": [(one, chips(listed.get((one.type, one.value), []))) for one in linked],
        "findings": findings[:SHOWN_FINDINGS],
        "finding_ids": [one.pk for one in findings],
        "signals": recent_signals_of(recent, request.user, SIGNALS),
    }
    return render(request, "detectors/entity_detail.html", context)
