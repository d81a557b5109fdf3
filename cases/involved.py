"""Whom and what a case is about: members, targets of its reports, what people added by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from django.db.models import Q, QuerySet

from cases import facts
from cases.models import Case, CaseAddition, CaseReport
from detectors.choices import EntityType
from detectors.models import CampaignMember

MAX_ACCOUNTS: Final = 10_000


def accounts_of_case(case: Case) -> list[str]:
    """Accounts as `platform:actor`, in order, at most 10,000."""
    members, reported, added = _accounts(case)
    named = members.order_by().values_list("account", flat=True)
    others = (reported.values_list("target", flat=True), added.values_list("value", flat=True))
    return sorted(named.union(*others))[:MAX_ACCOUNTS]


def accounts_of_cases(case_ids: Collection[int]) -> dict[int, set[str]]:
    """Accounts of each of several cases; one without any is not there."""
    members = CampaignMember.objects.filter(campaign__case_link__case__in=case_ids)
    reports = CaseReport.objects.filter(case__in=case_ids, target_type=EntityType.ACCOUNT)
    added = CaseAddition.objects.filter(case__in=case_ids, type=EntityType.ACCOUNT)
    found: dict[int, set[str]] = defaultdict(set)
    named = members.order_by().values_list("campaign__case_link__case", "account")
    others = (
        reports.order_by().values_list("case", "target"),
        added.order_by().values_list("case", "value"),
    )
    for case_id, account in named.union(*others):
        found[case_id].add(account)
    return found


def names_account_of(case: Case, field: str) -> Q:
    """Condition: `field` is an account of the case."""
    members, reported, added = _accounts(case)
    return (
        Q(**{f"{field}__in": members.values("account")})
        | Q(**{f"{field}__in": reported.values("target")})
        | Q(**{f"{field}__in": added.values("value")})
    )


def others_of_case(case: Case) -> set[tuple[str, str]]:
    """Type and value of what else it is about: reported, added, or what findings rest on."""
    added = CaseAddition.objects.filter(case=case).exclude(type=EntityType.ACCOUNT)
    reported = CaseReport.objects.filter(case=case.rests_on).exclude(target_type=EntityType.ACCOUNT)
    findings = facts.findings_behind(facts.live_campaigns(case)).order_by()
    return {
        *reported.order_by().values_list("target_type", "target"),
        *added.order_by().values_list("type", "value"),
        *findings.values_list("anchor_type", "anchor_value"),
    }


def _accounts(
    case: Case,
) -> tuple[QuerySet[CampaignMember], QuerySet[CaseReport], QuerySet[CaseAddition]]:
    """Where the accounts stand: members of its campaigns, targets of its reports, added by hand."""
    members = CampaignMember.objects.filter(campaign__case_link__case=case.rests_on)
    reports = CaseReport.objects.filter(case=case.rests_on, target_type=EntityType.ACCOUNT)
    added = CaseAddition.objects.filter(case=case, type=EntityType.ACCOUNT)
    return members, reports.order_by(), added.order_by()
