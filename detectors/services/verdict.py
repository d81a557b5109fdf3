"""Takes in what reviewers said of campaigns, and what they took back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from abusedesk.core import clock
from detectors.choices import Outcome
from detectors.models import Campaign, Verdict
from detectors.services.audit_draw import weight_of


@transaction.atomic
def record_verdict(
    *,
    campaigns: Iterable[Campaign],
    outcome: Outcome,
    decision_ref: str,
    expires_at: datetime | None,
) -> list[Verdict]:
    """Remember `outcome` with what each campaign looked like; the same decision counts once."""
    rows = [
        Verdict(
            campaign=campaign,
            decision_ref=_row_ref(decision_ref, campaign),
            outcome=outcome,
            families=sorted(campaign.families),
            size=campaign.size,
            p=campaign.p,
            weight=weight_of(campaign=campaign),
            expires_at=expires_at,
        )
        for campaign in campaigns
    ]
    return Verdict.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def withdraw_verdict(*, decision_ref: str) -> int:
    """The decision was undone: it teaches nothing any more. Returns how many verdicts went."""
    rows = Verdict.objects.filter(decision_ref__startswith=f"{decision_ref}:")
    return rows.filter(withdrawn_at=None).update(withdrawn_at=clock.now())


def _row_ref(decision_ref: str, campaign: Campaign) -> str:
    """One row a campaign: the column is unique, and a case may hold several campaigns."""
    return f"{decision_ref}:{campaign.pk}"
