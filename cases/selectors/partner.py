"""Reads with whom the desk shares: partners, circles, and who would get what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.choices import Tlp
from cases.models import Circle, Organisation, Partner, SealKey
from cases.offering import audience_of
from cases.sharing import egress, signing


@dataclass(frozen=True, slots=True)
class Reach:
    """What a circle's member may have: the levels that reach it, and why the others do not."""

    partner: Partner
    gets: list[str]
    refused: list[tuple[str, list[str]]]


def organisation_for(viewer: User) -> Organisation | None:
    """Whose desk this is; None while nobody has said it, and for who may not know."""
    rows = Organisation.objects.select_related("seal_key")
    return rows.first() if policy.allowed(viewer, "partner.view") else None


def published_keys_of() -> dict[str, Any]:
    """The public half of the key that signs files; everybody may know it."""
    row = Organisation.objects.first()
    if row is None:
        return {"keys": []}
    seal = SealKey.objects.filter(organisation=row).first()
    return signing.published(
        signing.public_of(row.signing_secret),
        bytes.fromhex(seal.public) if seal else None,
    )


def partners_for(viewer: User) -> QuerySet[Partner]:
    """All partners, by name. Raises NotFoundError for who may not know that there are any."""
    _require(viewer)
    return Partner.objects.select_related("user").annotate(
        circle_count=Count("memberships", distinct=True)
    )


def partner_by_slug(slug: str, viewer: User) -> Partner:
    """One partner. Raises NotFoundError."""
    row = partners_for(viewer).filter(slug=slug).first()
    if row is None:
        message = "There is no such partner."
        raise NotFoundError(message)
    return row


def circles_for(viewer: User) -> QuerySet[Circle]:
    """All circles, by name. Raises NotFoundError as above."""
    _require(viewer)
    return Circle.objects.annotate(member_count=Count("members", distinct=True))


def circle_by_slug(slug: str, viewer: User) -> Circle:
    """One circle. Raises NotFoundError."""
    row = circles_for(viewer).filter(slug=slug).first()
    if row is None:
        message = "There is no such circle."
        raise NotFoundError(message)
    return row


def reach_of(circle: Circle, viewer: User) -> list[Reach]:
    """For each member what would reach it, and in words why something would not."""
    _require(viewer)
    today = clock.now().date()
    found = []
    for partner in Partner.objects.filter(memberships__circle=circle):
        audience = audience_of(circle, partner)
        why = {one: egress.refusals(one.value, audience, today) for one in Tlp}
        gets = [one.label for one, refused in why.items() if not refused]
        refused = [
            (one.label, [egress.REFUSALS[name] for name in names])
            for one, names in why.items()
            if names
        ]
        found.append(Reach(partner, gets, refused))
    return found


def _require(viewer: User) -> None:
    if not policy.allowed(viewer, "partner.view"):
        message = "There is no such page."
        raise NotFoundError(message)
