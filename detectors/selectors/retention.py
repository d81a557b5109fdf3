"""Reads retention rules, legal holds, purges and what is left of purged signals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, QuerySet, Window

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Role, User
from detectors import registry
from detectors.base import DAY_S
from detectors.choices import Mode
from detectors.models import DetectorConfig, Hold, PurgeRun, RetentionRule, Tombstone
from detectors.policy import READERS

SHOWN: Final = 20
HOLDERS: Final = frozenset({Role.LEAD, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Buried:
    """Purged signals among some: how many, and the newest of them."""

    total: int
    newest: Sequence[Tombstone]


def rules_for(viewer: User) -> QuerySet[RetentionRule]:
    """Rules in force, the most general first; for admins."""
    if viewer.role != Role.ADMIN:
        return RetentionRule.objects.none()
    rows = RetentionRule.objects.filter(current=True).select_related("source", "created_by")
    return rows.order_by("source__slug", "kind")


def rule_by_id(rule_id: int, viewer: User) -> RetentionRule:
    """One rule in force. Raises NotFoundError, also for what the viewer may not see."""
    rule = rules_for(viewer).filter(pk=rule_id).first()
    if rule is None:
        message = "There is no such rule in force."
        raise NotFoundError(message)
    return rule


def warnings_for(viewer: User) -> dict[int, str]:
    """Rule -> why it is short: a detector that is on looks further back."""
    on = DetectorConfig.objects.filter(current=True).exclude(mode=Mode.OFF)
    known = registry.all_detectors()
    metas = [known[slug].meta for slug in on.values_list("slug", flat=True) if slug in known]
    found: dict[int, str] = {}
    for rule in rules_for(viewer).exclude(days=None):
        fitting = [
            meta for meta in metas if not (rule.kind and meta.kinds) or rule.kind in meta.kinds
        ]
        longest = max(fitting, key=lambda meta: meta.lookback_s, default=None)
        if longest is not None and longest.lookback_s > (rule.days or 0) * DAY_S:
            found[rule.pk] = (
                f"{longest.title} looks back {longest.lookback_s // DAY_S:,} days: after a change"
                " that makes it replay, it sees only what is kept."
            )
    return found


def holds_for(viewer: User) -> QuerySet[Hold]:
    """Legal holds, those in force first, then the newest; for leads and admins."""
    if viewer.role not in HOLDERS:
        return Hold.objects.none()
    rows = Hold.objects.select_related("source", "created_by", "released_by")
    return rows.order_by("-released_at", "-id")


def hold_by_id(hold_id: int, viewer: User) -> Hold:
    """One hold. Raises NotFoundError, also for what the viewer may not see."""
    hold = holds_for(viewer).filter(pk=hold_id).first()
    if hold is None:
        message = "There is no such hold."
        raise NotFoundError(message)
    return hold


def purges_for(viewer: User) -> QuerySet[PurgeRun]:
    """Plans and purges, newest first; for admins."""
    if viewer.role != Role.ADMIN:
        return PurgeRun.objects.none()
    return PurgeRun.objects.select_related("created_by", "started_by")


def purge_by_id(run_id: int, viewer: User) -> PurgeRun:
    """One plan or purge. Raises NotFoundError, also for what the viewer may not see."""
    run = purges_for(viewer).filter(pk=run_id).first()
    if run is None:
        message = "There is no such plan."
        raise NotFoundError(message)
    return run


def buried_of(signal_ids: Collection[int], viewer: User) -> Buried:
    """What a purge took of these signals."""
    if viewer.role not in READERS or not signal_ids:
        return Buried(0, [])
    rows = Tombstone.objects.filter(pk__in=list(signal_ids))
    counted = list(rows.annotate(total=Window(Count("*")))[:SHOWN])
    return Buried(counted[0].total if counted else 0, counted)
