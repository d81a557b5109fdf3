"""Reads what a partner may have of a circle's collection, as the gate says at this moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

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
    Rendition,
    SharedObject,
    ShareTarget,
)
from cases.offering import audience_of
from cases.selectors.pattern import releases_by_partner
from cases.sharing import egress, tlp
from cases.taxii.paging import WORDS, Asked, moment

# Of a rendition the ledger needs its share and revision; the rest is as large as the whole share.
LARGE: Final = tuple(
    f"rendition__{name}" for name in ("bundle", "table", "lines", "subjects", "revocation")
)
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
    found = _asked_of(_visible(circle, viewer), replace(asked, after=None))
    if asked.after is not None:
        found = found.filter(seq__gt=_place_at(circle, asked.after))
    return found.select_related("rendition").defer(*LARGE)


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
    """Let out to this partner, not over, not taken back, and no wider than its case is by now.

    Renditions are looked up once for a page and not joined, so rows can be read in the order of
    the collection and no more of them than the page has.
    """
    given = Rendition.objects.filter(partners__user=viewer)
    return SharedObject.objects.filter(
        Q(revoked=True, rendition__in=given.values("pk"))
        | Q(rendition__in=_in_force(given, viewer).values("pk")),
        circle=circle,
        withdrawn=False,
        tlp__in=levels_by_partner(circle, viewer),
    )


def _in_force(given: QuerySet[Rendition], viewer: User) -> QuerySet[Rendition]:
    """Those of them whose objects are still served."""
    narrow_enough = Q(pk__in=[])
    for level in Tlp:
        may = [one for one in tlp.LEVELS if tlp.rank(one) <= tlp.rank(level.value)]
        narrow_enough |= Q(share__live_tlp=level, share__case__tlp__in=may)
    named = ShareTarget.objects.filter(share=OuterRef("share"), partner__user=viewer, dropped=False)
    return given.filter(
        narrow_enough,
        ~Q(share__state=ShareState.RECALLED),
        Exists(named),
        share__valid_until__gt=clock.now(),
    )


def _of_versions(rows: QuerySet[Row], versions: tuple[str, ...]) -> Q:
    """Condition: the first, the last, all, or those of given moments; each version once.

    Each row is compared with one place that is looked up by its id. As a join the planner would
    read and sort all that is left of the collection for each page.
    """
    same = rows.filter(stix_id=OuterRef("stix_id"))
    of_version = same.filter(version=OuterRef("version"))
    newest_of_it = Q(seq=_place(of_version.order_by("-seq")))
    wanted = Q(pk__in=[])
    for one in versions:
        if one == "last":
            wanted |= Q(seq=_place(same.order_by("-seq")))
        elif one == "first":
            wanted |= Q(seq=_place(same.order_by("version", "-seq")))
        elif one == "all":
            wanted |= newest_of_it
        elif one not in WORDS:
            wanted |= Q(version=moment(one)) & newest_of_it
    return wanted


def _place_at(circle: Circle, after: datetime) -> Coalesce:
    """Of the last object of a collection that is not later; both grow together."""
    earlier = SharedObject.objects.filter(circle=circle, added_at__lte=after)
    return Coalesce(_place(earlier.order_by("-added_at")), 0)


def _place(rows: QuerySet[Row]) -> Subquery:
    """Of the first of them."""
    return Subquery(rows.values("seq")[:1])
