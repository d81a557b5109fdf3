"""Hands what was approved to a named partner, and writes the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import ApiToken, User
from cases import handing, policy, previewing
from cases.choices import ShareState, Tlp, WayOut
from cases.collection import objects_of
from cases.models import (
    Partner,
    Rendition,
    Share,
    SharedEvent,
    SharedObject,
    ShareTarget,
)
from cases.offering import audience_of
from cases.sharing import egress, signing, tlp

STIX: Final = "application/stix+json;version=2.1"
# Way out -> what is added to the name of the file, and its media type.
FILES: Final = {
    WayOut.SIGNED: (".signed.json", "application/json"),
    WayOut.BUNDLE: (".json", STIX),
    WayOut.TABLE: (".csv", "text/csv; charset=utf-8"),
    WayOut.EVENT: (".misp.json", "application/json"),
    WayOut.RECALL: (".recall.json", STIX),
}


@dataclass(frozen=True, slots=True)
class Handed:
    """A file for one partner."""

    body: bytes
    name: str
    media_type: str


@transaction.atomic
def hand_over(*, actor: User, share: Share, partner: Partner, way: WayOut) -> Handed:
    """The file for this partner; from now on it counts as delivered.

    Raises ForbiddenError, or ConflictError that says why the partner may not have it now.
    """
    policy.require(actor, "share.deliver", share.case)
    target = _target(share, partner)
    row, share = target.approved, target.share
    if row is None:
        message = f"Nothing of it was approved for {partner}."
        raise ConflictError(message)
    _require_open(share, target, way)
    body = _BODIES[way](row, target)
    recalled = share.state == ShareState.RECALLED
    handing.note(target, way, recalled=recalled)
    suffix, media_type = FILES[way]
    _record(actor, target, way, body, _ids(row, way))
    name = f"share-{share.pk}-r{row.revision}-{partner.slug}{suffix}"
    return Handed(body, name, media_type)


def record_page(
    *, actor: User, token: ApiToken | None, partner: Partner, objects: Sequence[SharedObject]
) -> None:
    """Note what a partner fetched over TAXII: a line for each share that it is of."""
    by_share: dict[int, list[SharedObject]] = {}
    for one in objects:
        by_share.setdefault(one.rendition.share_id, []).append(one)
    with transaction.atomic():
        for share_id, some in by_share.items():
            target = ShareTarget.objects.select_related("share", "partner").get(
                share=share_id, partner=partner
            )
            handing.note(target, WayOut.TAXII, recalled=target.share.state == ShareState.RECALLED)
            handing.ledger(
                actor,
                target,
                WayOut.TAXII,
                "".join(one.body for one in some).encode(),
                [one.stix_id for one in some],
                token=token,
                revision=max(one.rendition.revision for one in some),
            )


def _require_open(share: Share, target: ShareTarget, way: WayOut) -> None:
    """Raises ConflictError that says why this may not leave now, though it was approved once."""
    if way == WayOut.RECALL:
        if share.state != ShareState.RECALLED:
            message = "It was not recalled."
            raise ConflictError(message)
        return
    if share.state == ShareState.RECALLED:
        if way == WayOut.EVENT:
            return
        message = "It was recalled. The recall itself can be handed over."
        raise ConflictError(message)
    if target.dropped or (target.approved and target.approved.revision != share.live):
        message = f"{target.partner} is not named in what is shared now."
        raise ConflictError(message)
    if share.valid_until <= clock.now():
        message = "Its time is over."
        raise ConflictError(message)
    if tlp.rank(share.case.tlp) > tlp.rank(share.live_tlp):
        said = Tlp(share.case.tlp).label
        message = f"The case is {said} by now: nothing wider leaves. Recall it, or share it anew."
        raise ConflictError(message)
    member = share.circle.members.filter(partner=target.partner_id).exists()
    audience = audience_of(share.circle, target.partner, member=member)
    if refused := egress.refusals(share.live_tlp, audience, clock.now().date()):
        message = f"{target.partner} {egress.REFUSALS[refused[0]]}."
        raise ConflictError(message)


def _target(share: Share, partner: Partner) -> ShareTarget:
    rows = ShareTarget.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("share__case", "share__circle", "partner", "approved")
    row = rows.filter(share=share, partner=partner).first()
    if row is None:
        message = f"{partner} is not named in this share."
        raise ConflictError(message)
    return row


def _unchanged(body: str, sha256: str) -> bytes:
    """The bytes as they were approved. Raises ConflictError when the stored ones are others."""
    told = body.encode()
    if egress.digest(told) != sha256:
        message = "The stored bytes are not those that were approved. Nothing was handed over."
        raise ConflictError(message)
    return told


def _signed(row: Rendition, target: ShareTarget) -> bytes:
    maker = previewing.organisation()
    return signing.signed_bundle(
        _unchanged(row.bundle, row.sha256),
        recipients=[target.partner.title],
        share=f"share-{row.share_id} r{row.revision}",
        secret=maker.signing_secret,
    )


def _event(row: Rendition, target: ShareTarget) -> bytes:
    """The event as it was approved; after a recall the same, all deleted."""
    one = SharedEvent.objects.filter(rendition=row).first()
    if one is None:
        message = "This revision has no MISP event: it is from before there were any."
        raise ConflictError(message)
    recalled = target.share.state == ShareState.RECALLED
    return one.taken_back.encode() if recalled else _unchanged(one.body, one.sha256)


_BODIES: Final[dict[WayOut, Callable[[Rendition, ShareTarget], bytes]]] = {
    WayOut.SIGNED: _signed,
    WayOut.BUNDLE: lambda row, _: _unchanged(row.bundle, row.sha256),
    WayOut.TABLE: lambda row, _: _unchanged(row.table, row.table_sha256),
    WayOut.EVENT: _event,
    WayOut.RECALL: lambda row, _: row.revocation.encode(),
}


def _ids(row: Rendition, way: WayOut) -> list[str]:
    if way == WayOut.EVENT:
        return handing.sent_of(row, row.misp)
    return [one["id"] for one in objects_of(row)]


def _record(actor: User, target: ShareTarget, way: WayOut, body: bytes, sent: list[str]) -> None:
    row = handing.ledger(actor, target, way, body, sent, revision=target.share.live)
    audit.append(
        actor=actor,
        verb=Verb.SHARE_HANDED_OVER,
        target=target.share.case,
        share=target.share_id,
        revision=row.revision,
        partner=str(target.partner),
        way=way.label.lower(),
        sha256=row.sha256,
    )
