"""Writes the ledger of MISP feeds: what a partner was told, and by which file."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from abusedesk.core.models import ApiToken, User
from cases import handing
from cases.choices import WayOut
from cases.models import Handover, Partner, SharedEvent, ShareTarget


def record_events(
    *,
    actor: User,
    token: ApiToken | None,
    partner: Partner,
    events: Sequence[SharedEvent],
    body: bytes,
) -> None:
    """Note what a partner fetched of a MISP feed: a line for each event that the bytes tell of."""
    with transaction.atomic():
        for one in events:
            target = ShareTarget.objects.select_related("share", "partner").get(
                share=one.rendition.share_id, partner=partner
            )
            handing.note(target, WayOut.MISP, recalled=one.withdrawn)
            handing.ledger(
                actor,
                target,
                WayOut.MISP,
                body,
                handing.sent_of(one.rendition, one),
                token=token,
                revision=one.rendition.revision,
            )


def untold_events(*, partner: Partner, events: Sequence[SharedEvent]) -> list[SharedEvent]:
    """Those of which the ledger has no line yet that this revision reached the partner's MISP."""
    rows = Handover.objects.filter(partner=partner, way=WayOut.MISP)
    shares = {one.rendition.share_id for one in events}
    told = set(rows.filter(share__in=shares).values_list("share", "revision"))
    standing = [one for one in events if not one.withdrawn]
    return [one for one in standing if (one.rendition.share_id, one.rendition.revision) not in told]
