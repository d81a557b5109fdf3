"""Reads which cases an entity plays a part in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from abusedesk.core.models import User
from cases.models import Case, CaseReport
from cases.selectors.case import cases_for
from detectors.choices import EntityType
from detectors.models import CampaignFinding, CampaignMember, Entity

SHOWN: Final = 20


def cases_by_entity(entity: Entity, finding_ids: Sequence[int], viewer: User) -> list[Case]:
    """Cases with this account, that rest on one of these findings, or about a report of it, newest
    first.
    """
    if entity.type == EntityType.ACCOUNT:
        members = CampaignMember.objects.filter(account=entity.value)
        named = Q(campaign_links__campaign__in=members.values("campaign"))
    else:
        evidence = CampaignFinding.objects.filter(finding__in=finding_ids)
        named = Q(campaign_links__campaign__in=evidence.values("campaign"))
    reports = CaseReport.objects.filter(digest=bytes(entity.digest)).values("case")
    rows = cases_for(viewer).filter(named | Q(pk__in=reports)).distinct()
    return list(rows.order_by("-opened_at", "-id")[:SHOWN])


def _involved(case: Case) -> Involved:
    made = next(iter(case.decisions.all()), None)
    return Involved(case, made, list(made.actions.all()) if made else [])


def _moments(one: Involved) -> Iterator[Moment]:
    yield Moment(one.case.opened_at, "case", "a case was opened", one.case.ref)
    if (made := one.decision) is not None:
        said = f"{made.actor} decided: {made.get_outcome_display().lower()}"
        yield Moment(made.created_at, "check", said, one.case.ref)


def _ref(strike: Strike) -> str:
    return strike.decision.case.ref
