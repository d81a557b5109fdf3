"""Saves circles, who is in them, and the keys of their epochs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from abusedesk.core import audit, clock, ids, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import fields, policy
from cases.choices import Tlp
from cases.models import Circle, CircleKey, CircleMember, Partner
from cases.models.partner import EPOCH
from cases.sharing import hmacs

SLUG_LIMIT: Final = 60
TITLE_LIMIT: Final = 120


@dataclass(frozen=True, slots=True)
class CircleText:
    """What is said of a circle. members: short names of partners. misp_group: uuid, or nothing."""

    title: str
    tlp_cap: str = Tlp.AMBER.value
    community: bool = False
    active: bool = True
    members: Collection[str] = ()
    misp_group: str = ""


@transaction.atomic
def save_circle(
    *, actor: User, said: CircleText, slug: str = "", circle: Circle | None = None
) -> Circle:
    """Make a circle with its first key, or change `circle`. Who joins gets nothing old by it.

    Raises ForbiddenError, ConflictError for a name that is taken, or InvalidError.
    """
    policy.require(actor, "partner.save")
    title = fields.text(said.title, field="title", limit=TITLE_LIMIT)
    if said.tlp_cap not in Tlp.values or said.tlp_cap == Tlp.RED:
        message = "Choose a TLP up to which it may have things. TLP:RED leaves to nobody."
        raise InvalidError(message, field="tlp_cap")
    partners = _partners(said.members)
    row = _row(slug, circle)
    row.title, row.tlp_cap = title, said.tlp_cap
    row.community, row.active = said.community, said.active
    row.misp_group = _group(said.misp_group)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        message = f"There is a circle {row.slug} already."
        raise ConflictError(message, field="slug") from None
    if circle is None:
        _begin_epoch(row, 1)
    joined, left = _set_members(row, partners)
    what = f"up to {Tlp(row.tlp_cap).label}, {len(partners)} members"
    audit.append(
        actor=actor,
        verb=Verb.CIRCLE_SAVED,
        target=row,
        slug=row.slug,
        what=what,
        joined=joined,
        left=left,
    )
    return row


@transaction.atomic
def renew_key(*, actor: User, circle: Circle) -> CircleKey:
    """Begin the next epoch: from now on values are hashed with a new key."""
    policy.require(actor, "partner.save")
    row = Circle.objects.select_for_update(no_key=True).get(pk=circle.pk)
    newest = CircleKey.objects.filter(circle=row).order_by("-epoch").first()
    key = _begin_epoch(row, newest.epoch + 1 if newest else 1)
    audit.append(actor=actor, verb=Verb.CIRCLE_KEY, target=row, slug=row.slug, epoch=key.epoch)
    return key


def key_in_force(*, circle: Circle) -> CircleKey:
    """The key of the epoch that runs; a new one when its 90 days are over."""
    newest = CircleKey.objects.filter(circle=circle).order_by("-epoch").first()
    if newest is not None and clock.now() < newest.begins_at + hmacs.EPOCH:
        return newest
    return _begin_epoch(circle, newest.epoch + 1 if newest else 1)


def _row(slug: str, circle: Circle | None) -> Circle:
    if circle is not None:
        return Circle.objects.select_for_update(no_key=True).get(pk=circle.pk)
    slug = fields.slug(slug, field="slug", limit=SLUG_LIMIT)
    if not slug:
        message = "Give the circle a short name."
        raise InvalidError(message, field="slug")
    return Circle(slug=slug, collection=ids.new_uuid())


def _partners(slugs: Collection[str]) -> list[Partner]:
    found = list(Partner.objects.filter(slug__in=slugs))
    if unknown := sorted(set(slugs) - {one.slug for one in found}):
        message = f"There is no partner {unknown[0]}."
        raise InvalidError(message, field="members")
    return found


def _group(said: str) -> UUID | None:
    try:
        return UUID(said.strip()) if said.strip() else None
    except ValueError:
        message = "The uuid of a sharing group is 32 hexadecimal digits, as MISP shows it."
        raise InvalidError(message, field="misp_group") from None


def _set_members(circle: Circle, partners: list[Partner]) -> tuple[list[str], list[str]]:
    """Who joined and who left, by short name."""
    rows = CircleMember.objects.filter(circle=circle).select_related("partner")
    before = {one.partner_id: one.partner.slug for one in rows}
    after = {one.pk: one.slug for one in partners}
    rows.filter(partner__in=before.keys() - after.keys()).delete()
    new = [one for one in partners if one.pk not in before]
    CircleMember.objects.bulk_create(CircleMember(circle=circle, partner=one) for one in new)
    left = [slug for pk, slug in before.items() if pk not in after]
    return sorted(one.slug for one in new), sorted(left)


def _begin_epoch(circle: Circle, epoch: int) -> CircleKey:
    return CircleKey.objects.create(
        circle=circle,
        epoch=epoch,
        key_id=f"{circle.slug}-{epoch}",
        secret=sealing.seal(ids.random_hex(hmacs.KEY_BYTES), purpose=EPOCH),
    )
