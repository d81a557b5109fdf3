"""Whom and what a case is about: accounts of its campaigns, targets of its reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from django.db.models import Q, QuerySet

from cases import facts
from cases.models import Case, CaseReport
from detectors.choices import EntityType
from detectors.models import CampaignMember

MAX_ACCOUNTS: Final = 10_000


def accounts_of_case(case: Case) -> list[str]:
    """Accounts as `platform:actor`, in order, at most 10,000."""
    members, reported = _accounts(case)
    named = members.order_by().values_list("account", flat=True)
    return sorted(named.union(reported.values_list("target", flat=True)))[:MAX_ACCOUNTS]


def accounts_of_cases(case_ids: Collection[int]) -> dict[int, set[str]]:
    """Accounts of each of several cases; one without any is not there."""
    members = CampaignMember.objects.filter(campaign__case_link__case__in=case_ids).order_by()
    reports = CaseReport.objects.filter(case__in=case_ids, target_type=EntityType.ACCOUNT)
    found: dict[int, set[str]] = defaultdict(set)
    named = members.values_list("campaign__case_link__case", "account")
    for case_id, account in named.union(reports.order_by().values_list("case", "target")):
        found[case_id].add(account)
    return found


def names_account_of(case: Case, field: str) -> Q:
    """Condition: `field` is an account of the case."""
    members, reported = _accounts(case)
    return Q(**{f"{field}__in": members.values("account")}) | Q(
        **{f"{field}__in": reported.values("target")}
    )


def others_of_case(case: Case) -> set[tuple[str, str]]:
    """Type and value of what else it is about: reported, or what findings in force rest on."""
    reported = CaseReport.objects.filter(case=case.rests_on).exclude(target_type=EntityType.ACCOUNT)
    findings = facts.findings_behind(facts.live_campaigns(case)).order_by()
    return {
        *reported.order_by().values_list("target_type", "target"),
        *findings.values_list("anchor_type", "anchor_value"),
    }


def _accounts(case: Case) -> tuple[QuerySet[CampaignMember], QuerySet[CaseReport]]:
    """Where the accounts stand: members of its campaigns, targets of its reports."""
    members = CampaignMember.objects.filter(campaign__case_link__case=case.rests_on)
    reports = CaseReport.objects.filter(case=case.rests_on, target_type=EntityType.ACCOUNT)
    return members, reports.order_by()
