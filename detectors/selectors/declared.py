"""Reads declared relationships, and what their accounts do together."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet, Sum

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.choices import CampaignState
from detectors.models import Campaign, DeclaredGroup
from detectors.policy import READERS

_TOLD = Q(campaigns__state=CampaignState.DECLARED)


def declared_groups_for(viewer: User) -> QuerySet[DeclaredGroup]:
    """Declared groups, newest first, with `seen`, `signals` and `last_at` of their coordination.

    Partners see none.
    """
    rows = DeclaredGroup.objects.select_related("declared_by", "ended_by").annotate(
        seen=Count("campaigns", filter=_TOLD),
        signals=Sum("campaigns__signal_total", filter=_TOLD, default=0),
        last_at=Max("campaigns__last_at", filter=_TOLD),
    )
    return rows if viewer.role in READERS else rows.none()


def declared_group_by_id(group_id: int, viewer: User) -> DeclaredGroup:
    """One declared group. Raises NotFoundError, also for what the viewer may not see."""
    group = declared_groups_for(viewer).filter(pk=group_id).first()
    if group is None:
        message = "There is no such declared group."
        raise NotFoundError(message)
    return group


def coordination_of(group: DeclaredGroup) -> QuerySet[Campaign]:
    """Declared coordination of a group, the newest first."""
    return group.campaigns.filter(state=CampaignState.DECLARED).order_by("-last_at", "-pk")


def declared_accounts_of(accounts: Collection[str], now: datetime) -> set[str]:
    """Those of these accounts that somebody declared to belong together."""
    begun = DeclaredGroup.objects.filter(ended_at=None, valid_from__lte=now)
    lasting = begun.filter(Q(valid_until=None) | Q(valid_until__gt=now))
    named = lasting.filter(accounts__overlap=list(accounts)).values_list("accounts", flat=True)
    return {account for names in named for account in names}.intersection(accounts)


def stale_groups(now: datetime) -> QuerySet[DeclaredGroup]:
    """Groups that began or ended since the fusion looked, oldest first."""
    begun = Q(applied=False, ended_at=None, valid_from__lte=now) & (
        Q(valid_until=None) | Q(valid_until__gt=now)
    )
    over = Q(applied=True) & (Q(ended_at__isnull=False) | Q(valid_until__lte=now))
    return DeclaredGroup.objects.filter(begun | over).order_by("pk")
