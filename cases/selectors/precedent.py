"""Reads precedents: decided cases that share evidence with this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from abusedesk.core.models import User
from cases import facts
from cases.involved import names_account_of
from cases.models import Case, Decision
from cases.selectors.decision import decisions_for
from detectors.models import CampaignMember, Finding

SHOWN: Final = 20
LOOKED_AT: Final = 500


@dataclass(frozen=True, slots=True)
class Precedent:
    """A decision on another case, and what the two have in common: (type, value) each."""

    decision: Decision
    shared: list[tuple[str, str]]

    @property
    def policy(self) -> str:
        """Slug of the policy it was decided under, "" for none."""
        under = self.decision.policy_version
        return under.slug if under else ""


def precedents_of(case: Case, viewer: User, policy: str = "") -> list[Precedent]:
    """Standing decisions on cases with common accounts or anchors, the most in common first.

    policy: only those under any version of this one. Of a case with more than 500 such links the
    rest is not looked at.
    """
    shared = _shared(case)
    rows = decisions_for(viewer).filter(case__in=shared, undone_at=None)
    if policy:
        rows = rows.filter(policy_version__slug=policy)
    found = [Precedent(one, sorted(shared[one.case_id])) for one in rows[:LOOKED_AT]]
    found.sort(key=lambda one: (-len(one.shared), -one.decision.pk))
    return found[:SHOWN]


def _shared(case: Case) -> dict[int, set[tuple[str, str]]]:
    """Case id -> what it has in common with this one."""
    shared: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for other, value in _common_accounts(case):
        shared[other].add(("account", value))
    for other, kind, value in _common_anchors(case):
        shared[other].add((kind, value))
    return shared


def _common_accounts(case: Case) -> Iterable[tuple[int, str]]:
    rows = CampaignMember.objects.filter(names_account_of(case, "account"))
    rows = rows.exclude(campaign__case_link__case=case.rests_on).filter(
        campaign__case_link__isnull=False
    )
    return rows.order_by("-pk").values_list("campaign__case_link__case", "account")[:LOOKED_AT]


def _common_anchors(case: Case) -> Iterable[tuple[int, str, str]]:
    """Findings of other cases that rest on the very thing that one of this case rests on."""
    own = facts.findings_behind(facts.live_campaigns(case)).order_by()
    anchors = set(own.values_list("anchor_type", "anchor_value")[:LOOKED_AT])
    rows = Finding.objects.filter(
        anchor_value__in={value for _, value in anchors},
        campaigns__campaign__case_link__isnull=False,
    )
    rows = rows.exclude(campaigns__campaign__case_link__case=case.rests_on).order_by("-pk")
    case_id = "campaigns__campaign__case_link__case"
    found = rows.values_list(case_id, "anchor_type", "anchor_value")[:LOOKED_AT]
    return [one for one in found if one[1:] in anchors]
