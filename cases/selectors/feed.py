"""Reads feeds, inboxes, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet, Sum

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.choices import OutcomeKind
from cases.models import (
    Circle,
    Feed,
    HeldKey,
    ImportedObject,
    ImportedValue,
    Inbox,
    Override,
    PartnerOutcome,
    Share,
)
from detectors.choices import BatchState
from detectors.models import Entity, IndicatorBatch


@dataclass(frozen=True, slots=True)
class Led:
    """An object that another leads to, or that leads to it."""

    stix_id: str
    imported: ImportedObject | None


@dataclass(frozen=True, slots=True)
class Heard:
    """How often a partner said something. times: at least so often, as it rounded."""

    partner: str
    kind: OutcomeKind
    statements: int
    times: int
    newest: datetime


def feeds_for(viewer: User) -> QuerySet[Feed]:
    """All feeds, by name. Raises NotFoundError for who may not know that there are any."""
    _require(viewer)
    return Feed.objects.select_related("owner", "partner")


def feed_by_slug(slug: str, viewer: User) -> Feed:
    """One feed. Raises NotFoundError."""
    row = feeds_for(viewer).filter(slug=slug).first()
    if row is None:
        message = "There is no such feed."
        raise NotFoundError(message)
    return row


def waiting_of(feed: Feed, viewer: User) -> QuerySet[IndicatorBatch]:
    """Imports of a feed that wait for a person, the oldest first."""
    _require(viewer)
    rows = IndicatorBatch.objects.filter(source=feed.slug, state=BatchState.PREVIEW)
    return rows.order_by("pk")


def kept_of(feed: Feed, viewer: User) -> list[tuple[str, int, int]]:
    """How many objects of each type came, and how many of them were taken back."""
    _require(viewer)
    rows = ImportedObject.objects.filter(feed=feed).order_by().values("type")
    told = rows.annotate(all=Count("pk"), gone=Count("pk", filter=Q(revoked=True)))
    return [(one["type"], one["all"], one["gone"]) for one in told.order_by("-all", "type")]


def inbox_of(circle: Circle, viewer: User) -> Inbox | None:
    """Who may post to a circle; None while nobody has said it."""
    _require(viewer)
    return Inbox.objects.select_related("owner").filter(circle=circle).first()


def imported_objects_for(viewer: User) -> QuerySet[ImportedObject]:
    """What others shared, newest first."""
    _require(viewer)
    return ImportedObject.objects.select_related("feed", "partner").order_by("-pk")


def imported_by_id(imported_id: int, viewer: User) -> ImportedObject:
    """One object. Raises NotFoundError."""
    row = imported_objects_for(viewer).filter(pk=imported_id).first()
    if row is None:
        message = "There is no such object."
        raise NotFoundError(message)
    return row


def led_of(row: ImportedObject, viewer: User) -> list[Led]:
    """Where an object leads; what did not come is named by its id."""
    known = imported_objects_for(viewer).filter(source=row.source, stix_id__in=row.refs)
    by_id = {one.stix_id: one for one in known}
    return [Led(ref, by_id.get(ref)) for ref in row.refs]


def leading_of(row: ImportedObject, viewer: User) -> QuerySet[ImportedObject]:
    """Objects of the same source that lead to this one."""
    return imported_objects_for(viewer).filter(source=row.source, refs__contains=[row.stix_id])


def own_things_of(row: ImportedObject, viewer: User) -> QuerySet[Entity]:
    """Own things of which an object tells, in the clear or hashed."""
    _require(viewer)
    values = ImportedValue.objects.filter(imported=row)
    clear = values.filter(key_id="").values("digest")
    hidden = values.exclude(entity_id=None).values("entity_id")
    return Entity.objects.filter(Q(digest__in=clear) | Q(pk__in=hidden)).order_by("pk")


def imported_of(entity: Entity, viewer: User) -> QuerySet[ImportedObject]:
    """What others say of one thing, in the clear or hashed, and did not take back."""
    if not policy.allowed(viewer, "feed.view"):
        return ImportedObject.objects.none()
    values = ImportedValue.objects.filter(
        Q(digest=bytes(entity.digest), key_id="") | Q(entity_id=entity.pk)
    )
    return imported_objects_for(viewer).filter(pk__in=values.values("imported"), revoked=False)


def keys_of(feed: Feed, viewer: User) -> QuerySet[HeldKey]:
    """Keys of the feed's circle that this desk holds, the newest first; never the secrets."""
    _require(viewer)
    return HeldKey.objects.filter(feed=feed).defer("secret")


def outcomes_of(share: Share, viewer: User) -> list[Heard]:
    """What partners say of a share, by partner and kind."""
    if not policy.allowed(viewer, "share.view"):
        return []
    rows = PartnerOutcome.objects.filter(share=share).order_by().values("partner__title", "kind")
    told = rows.annotate(
        statements=Count("pk"), times=Sum("count"), newest=Max("received_at")
    ).order_by("partner__title", "kind")
    return [
        Heard(
            one["partner__title"],
            OutcomeKind(one["kind"]),
            one["statements"],
            one["times"],
            one["newest"],
        )
        for one in told
    ]


def overrides_of(share: Share, viewer: User) -> QuerySet[Override]:
    """Conflicts of a share that a lead left out of account, and that still are."""
    if not policy.allowed(viewer, "share.view"):
        return Override.objects.none()
    rows = Override.objects.filter(share=share, until__gt=clock.now())
    return rows.select_related("actor")


def _require(viewer: User) -> None:
    if not policy.allowed(viewer, "feed.view"):
        message = "There is no such page."
        raise NotFoundError(message)
