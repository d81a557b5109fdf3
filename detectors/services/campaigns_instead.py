"""Campaigns as they would be with other findings of one detector, told beside those there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import msgspec

from detectors.backtest.trial import CURRENT, PROPOSED
from detectors.choices import GONE, Change
from detectors.fits import standing_verdicts
from detectors.folding import EvidenceAbout
from detectors.fusion import Group
from detectors.models import CampaignMember, FusedFinding
from detectors.pairs import Evidence
from detectors.services.fusion import groups_instead

SHOWN_ACCOUNTS: Final = 20
HALF: Final = 0.5


def compare_campaigns(
    *,
    accounts: set[str],
    detector: str,
    current: EvidenceAbout,
    proposed: EvidenceAbout,
    with_kept: bool = False,
) -> dict[str, Any]:
    """Campaigns around these accounts that open with each side's findings, and which differ.

    with_kept: also tell those that both have.
    """
    now, then = (
        [
            group
            for group in groups_instead(accounts=accounts, detector=detector, evidence_about=about)
            if group.opens and not group.declared
        ]
        for about in (current, proposed)
    )
    return {
        CURRENT: len(now),
        PROPOSED: len(then),
        Change.GAINED: [_told(one) for one in then if not _lives_on(one, now)],
        Change.LOST: [_told(one) for one in now if not _lives_on(one, then)],
        Change.KEPT: [_told(one) for one in then if _lives_on(one, now)] if with_kept else [],
        "accounts": len(accounts),
    }


def stored_evidence(
    *, detector: str, without: Collection[int] = ()
) -> Callable[[set[str]], list[Evidence]]:
    """The detector's findings as the fusion has them, but for some."""
    rows = FusedFinding.objects.filter(finding__detector=detector).exclude(pk__in=without)

    def about(names: set[str]) -> list[Evidence]:
        found = rows.filter(subjects__overlap=sorted(names)).order_by("finding")
        return [
            msgspec.convert({**row.evidence, "id": row.finding_id}, Evidence, strict=False)
            for row in found
        ]

    return about


def _lives_on(group: Group, others: Sequence[Group]) -> bool:
    """Whether some other group holds half of its members or more."""
    most = max((len(group.members.keys() & one.members.keys()) for one in others), default=0)
    return most >= HALF * len(group.members)


def _told(group: Group) -> dict[str, Any]:
    """A campaign as the page shows it, with the stored one that it is, if there is one."""
    members = CampaignMember.objects.filter(account__in=sorted(group.members))
    shared = Counter(members.exclude(campaign__state__in=GONE).values_list("campaign", flat=True))
    campaign, most = min(shared.items(), key=lambda one: (-one[1], one[0]), default=(None, 0))
    verdict = standing_verdicts().filter(campaign=campaign).first() if campaign else None
    known = campaign is not None and most >= HALF * len(group.members)
    return {
        "campaign": campaign if known else None,
        "outcome": verdict.outcome if known and verdict else "",
        "accounts": sorted(group.members)[:SHOWN_ACCOUNTS],
        "size": len(group.members),
        "p": round(group.p, 3),
        "families": list(group.families),
        "first_s": group.first_at,
    }
