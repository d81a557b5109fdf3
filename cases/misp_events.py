"""The rows of MISP events that are let out: made, taken back, and which of them a partner may have.

Building blocks for services and selectors.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from abusedesk.core import clock
from cases.choices import ShareState, Tlp
from cases.models import Circle, Partner, Rendition, SharedEvent, ShareTarget
from cases.offering import audience_of
from cases.sharing import egress, tlp
from detectors.intel.misp.deleting import all_deleted
from detectors.intel.misp.feed import digests_of, head_of


def row_of(rendition: Rendition, body: bytes) -> SharedEvent:
    """The event of a rendition (not saved)."""
    event = json.loads(body)["Event"]
    return SharedEvent(
        rendition=rendition,
        uuid=UUID(event["uuid"]),
        body=body.decode(),
        sha256=egress.digest(body),
        tlp=rendition.share.tlp,
        **_told(event),
    )


def take_back(row: Rendition, at: datetime, kept: Collection[UUID] = ()) -> None:
    """Serve the event of a rendition as deleted from now on, unless a later one follows it."""
    for one in SharedEvent.objects.filter(rendition=row, withdrawn=False).exclude(uuid__in=kept):
        event = all_deleted(one.event, int(at.timestamp()))
        one.withdrawn, one.taken_back = True, egress.written({"Event": event}).decode()
        for name, value in _told(event).items():
            setattr(one, name, value)
        one.save(update_fields=["withdrawn", "taken_back", "head", "digests"])


def uuids_of(rows: Collection[int]) -> list[UUID]:
    """Of the events of these renditions."""
    return list(SharedEvent.objects.filter(rendition__in=rows).values_list("uuid", flat=True))


def events_for(circle: Circle, partner: Partner, *, uuid: UUID | None = None) -> list[SharedEvent]:
    """What this partner may have of a circle now, each event once in its last version.

    As over TAXII: let out to it, not over, no wider than its case is by now; or taken back. Without
    a uuid the bytes are left in the database.
    """
    narrow_enough = Q(pk__in=[])
    for level in Tlp:
        may = [one for one in tlp.LEVELS if tlp.rank(one) <= tlp.rank(level.value)]
        narrow_enough |= Q(rendition__share__live_tlp=level, rendition__share__case__tlp__in=may)
    named = ShareTarget.objects.filter(
        approved=OuterRef("rendition"), partner=partner, dropped=False
    )
    in_force = narrow_enough & Q(
        ~Q(rendition__share__state=ShareState.RECALLED),
        Exists(named),
        rendition__revision=F("rendition__share__live"),
        rendition__share__valid_until__gt=clock.now(),
    )
    rows = SharedEvent.objects.filter(
        Q(withdrawn=True) | in_force,
        rendition__share__circle=circle,
        rendition__partners=partner,
        tlp__in=_levels(circle, partner),
    ).select_related("rendition__share")
    rows = rows.defer("body", "taken_back") if uuid is None else rows.filter(uuid=uuid)
    return list({one.uuid: one for one in rows.order_by("pk")}.values())


def _levels(circle: Circle, partner: Partner) -> list[str]:
    member = circle.members.filter(partner=partner).exists()
    audience = audience_of(circle, partner, member=member)
    today = clock.now().date()
    return [one for one in tlp.LEVELS if not egress.refusals(one, audience, today)]


def _told(event: dict[str, Any]) -> dict[str, Any]:
    return {"head": head_of(event), "digests": digests_of(event)}
