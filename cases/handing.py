"""What is kept when something reached a partner: the line of the ledger, and that it was reached.

Building blocks for services.
"""

from __future__ import annotations

from abusedesk.core import clock
from abusedesk.core.models import ApiToken, User
from cases.choices import WayOut
from cases.models import Handover, Rendition, SharedEvent, ShareTarget
from cases.sharing import egress
from cases.sharing.misp import EVENT


def note(target: ShareTarget, way: WayOut, *, recalled: bool) -> None:
    """When the partner first got it, and when it got the recall.

    A MISP that fetched the recall has not said that it deleted anything.
    """
    after = "offered_at" if way in (WayOut.EVENT, WayOut.MISP) else "told_at"
    name = after if recalled else "reached_at"
    if getattr(target, name) is None:
        setattr(target, name, clock.now())
        target.save(update_fields=[name])


def ledger(
    actor: User,
    target: ShareTarget,
    way: WayOut,
    body: bytes,
    sent: list[str],
    *,
    revision: int,
    token: ApiToken | None = None,
) -> Handover:
    """Keep that something reached a partner, and under what agreement."""
    partner, share = target.partner, target.share
    return Handover.objects.create(
        partner=partner,
        share=share,
        revision=revision,
        way=way,
        actor=actor,
        token=token,
        objects_sent=sent,
        size=len(body),
        sha256=egress.digest(body),
        tlp=share.live_tlp,
        purpose=share.purpose,
        legal_basis=partner.legal_basis,
        agreement=partner.agreement,
    )


def sent_of(row: Rendition, one: SharedEvent) -> list[str]:
    """Ids for the ledger: the event, and what of the bundle tells of a value, as the event does."""
    return [f"{EVENT}--{one.uuid}", *(id for _, _, _, id in row.subjects)]
