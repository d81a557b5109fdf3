"""Reads what a partner may have as MISP events, as the gate says at this moment."""

from __future__ import annotations

from uuid import UUID

from abusedesk.core.models import User
from cases.misp_events import events_for
from cases.models import Circle, Partner, SharedEvent


def events_by_partner(
    circle: Circle, viewer: User, *, uuid: UUID | None = None
) -> list[SharedEvent]:
    """Events of a circle for the partner behind a token, or the one of this uuid.

    All of one answer is read at one moment, so manifest and table of hashes never contradict it.
    """
    partner = Partner.objects.filter(user=viewer, active=True).first()
    if partner is None or not viewer.is_active:
        return []
    return events_for(circle, partner, uuid=uuid)
