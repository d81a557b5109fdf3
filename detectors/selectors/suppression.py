"""Reads which detectors are kept quiet about which entities."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.models import Entity, Suppression
from detectors.policy import READERS
from detectors.quiet import ACCOUNT, is_about


def suppressions_for(viewer: User) -> QuerySet[Suppression]:
    """All, newest first, also those that have ended. Partners see none."""
    rows = Suppression.objects.select_related("created_by", "ended_by")
    return rows if viewer.role in READERS else rows.none()


def suppression_by_id(suppression_id: int, viewer: User) -> Suppression:
    """One. Raises NotFoundError, also for what the viewer may not see."""
    row = suppressions_for(viewer).filter(pk=suppression_id).first()
    if row is None:
        message = "There is no such suppression."
        raise NotFoundError(message)
    return row


def suppressions_by_entity(entity: Entity, viewer: User) -> QuerySet[Suppression]:
    """Those about one entity that hold now."""
    now = clock.now()
    rows = suppressions_for(viewer).filter(type=entity.type, value=entity.value)
    return rows.filter(ended_at=None, expires_at__gt=now)


def suppressions_in_force(now: datetime) -> QuerySet[Suppression]:
    """Those that hold at `now`, about whatever."""
    return Suppression.objects.filter(ended_at=None, expires_at__gt=now)


def quiet_about_of(slug: str, anchor: str, accounts: Collection[str], now: datetime) -> set[str]:
    """Those of the accounts of a finding that a detector is kept quiet about at `now`.

    All of them, where it is kept quiet about what the finding rests on.
    """
    rules = list(suppressions_in_force(now).filter(detector=slug).values_list("type", "value"))
    if any(is_about(anchor, value) for _, value in rules):
        return set(accounts)
    return {value for type_, value in rules if type_ == ACCOUNT}.intersection(accounts)


def stale_suppressions(now: datetime) -> QuerySet[Suppression]:
    """Those that began or ended since the fusion looked, oldest first."""
    begun = Q(applied=False, ended_at=None, expires_at__gt=now)
    over = Q(applied=True) & (Q(ended_at__isnull=False) | Q(expires_at__lte=now))
    return Suppression.objects.filter(begun | over).order_by("pk")
