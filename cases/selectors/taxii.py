"""Reads what a partner may have of a circle's collection, as the gate says at this moment."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from abusedesk.core import clock
from abusedesk.core.models import User
from cases.choices import ShareState, Tlp
from cases.models import (
    Circle,
    Inbox,
    Partner,
    PatternRelease,
    PostedObject,
    PostStatus,
    SharedObject,
    ShareTarget,
)
from cases.offering import audience_of
from cases.selectors.pattern import releases_by_partner
from cases.sharing import egress, tlp
from cases.taxii.paging import WORDS, Asked, moment

Row = TypeVar("Row", SharedObject, PatternRelease, PostedObject)


def is_partner_by_user(viewer: User) -> bool:
    """Whether a partner that is switched on reads as this user."""
    return viewer.is_active and Partner.objects.filter(user=viewer, active=True).exists()


def circles_by_partner(viewer: User) -> list[Circle]:
    """Circles that the partner behind a token is in; none for anybody else."""
    if not is_partner_by_user(viewer):
        return []
    return list(Circle.objects.filter(members__partner__user=viewer, active=True))


def levels_by_partner(circle: Circle, viewer: User) -> list[str]:
    """The TLP levels that the partner may read in this circle now."""
    partner = Partner.objects.filter(user=viewer, memberships__circle=circle).first()
    if partner is None:
        return []
    audience = audience_of(circle, partner)
    today = clock.now().date()
    return [one for one in tlp.LEVELS if not egress.refusals(one, audience, today)]


def objects_by_partner(circle: Circle, viewer: User, asked: Asked) -> QuerySet[SharedObject]:
    """What it asks for and may have, in the order in which it was let out.

    Everything is decided before rows are counted off, so pages are full and counts tell nothing.
    """
    return _asked_of(_visible(circle, viewer), asked).select_related("rendition")


def patterns_by_partner(circle: Circle, viewer: User, asked: Asked) -> QuerySet[PatternRelease]:
    """The same of the circle's patterns."""
    return _asked_of(releases_by_partner(circle, viewer), asked)


def posted_by_partner(inbox: Inbox, viewer: User, asked: Asked) -> QuerySet[PostedObject]:
    """Of an inbox what this partner added itself, in the order in which it did."""
    rows = PostedObject.objects.filter(inbox=inbox, partner__user=viewer, withdrawn=False)
    return _asked_of(rows, asked)


def post_status_by_uuid(uuid: UUID, circle: Circle, viewer: User) -> PostStatus | None:
    """What became of a post, for who posted it."""
    rows = PostStatus.objects.filter(inbox__circle=circle, partner__user=viewer)
    return rows.filter(uuid=uuid).first()


def _asked_of(rows: QuerySet[Row], asked: Asked) -> QuerySet[Row]:
    """Of what a partner may have, what it asks for."""
    if "id" in asked.match:
        rows = rows.filter(stix_id__in=asked.match["id"])
    if "type" in asked.match:
        rows = rows.filter(type__in=asked.match["type"])
    if "2.1" not in asked.match.get("spec_version", ("2.1",)):
        return rows.none()
    found = rows.filter(_of_versions(rows, asked.versions), seq__gt=asked.since)
    if asked.after is not None:
        found = found.filter(added_at__gt=asked.after)
    return found.order_by("seq")


def _visible(circle: Circle, viewer: User) -> QuerySet[SharedObject]:
    """Let out to this partner, not over, not taken back, and no wider than its case is by now."""
    narrow_enough = Q(pk__in=[])
    for level in Tlp:
        may = [one for one in tlp.LEVELS if tlp.rank(one) <= tlp.rank(level.value)]
        narrow_enough |= Q(rendition__share__live_tlp=level, rendition__share__case__tlp__in=may)
    named = ShareTarget.objects.filter(
        share=OuterRef("rendition__share"), partner__user=viewer, dropped=False
    )
    in_force = narrow_enough & Q(
        ~Q(rendition__share__state=ShareState.RECALLED),
        Exists(named),
        rendition__share__valid_until__gt=clock.now(),
    )
    return SharedObject.objects.filter(
        Q(revoked=True) | in_force,
        circle=circle,
        rendition__partners__user=viewer,
        withdrawn=False,
        tlp__in=levels_by_partner(circle, viewer),
    )


def _of_versions(rows: QuerySet[Row], versions: tuple[str, ...]) -> Q:
    """Condition: the first, the last, all, or those of given moments; each version once."""
    same = rows.filter(stix_id=OuterRef("stix_id"))
    again = Exists(same.filter(version=OuterRef("version"), seq__gt=OuterRef("seq")))
    wanted = Q(pk__in=[])
    for one in versions:
        if one == "last":
            wanted |= ~Q(Exists(same.filter(seq__gt=OuterRef("seq"))))
        elif one == "first":
            earlier = same.filter(version__lt=OuterRef("version"))
            wanted |= ~Q(Exists(earlier)) & ~Q(again)
        elif one == "all":
            wanted |= ~Q(again)
        elif one not in WORDS:
            wanted |= Q(version=moment(one)) & ~Q(again)
    return wanted
