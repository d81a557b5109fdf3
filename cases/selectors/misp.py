"""Reads MISP feeds: what a partner may have now, and how far those of others are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Q

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.misp_events import events_for
from cases.models import Circle, Feed, FeedEvent, Partner, SharedEvent

FAULTS: Final = 20


@dataclass(frozen=True, slots=True)
class FeedEvents:
    """Events of a MISP feed by number; faults: some of those that were not kept."""

    all: int
    waiting: int
    kept_out: int
    faults: list[FeedEvent]


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


def events_of(feed: Feed, viewer: User) -> FeedEvents:
    """How far the events of a MISP feed are read, and which were not kept. Raises NotFoundError."""
    if not policy.allowed(viewer, "feed.view"):
        message = "There is no such page."
        raise NotFoundError(message)
    rows = FeedEvent.objects.filter(feed=feed)
    told = rows.aggregate(
        all=Count("pk"),
        waiting=Count("pk", filter=Q(waiting=True)),
        kept_out=Count("pk", filter=~Q(fault="")),
    )
    faults = rows.exclude(fault="").order_by("-wanted", "pk")[:FAULTS]
    return FeedEvents(told["all"], told["waiting"], told["kept_out"], list(faults))
