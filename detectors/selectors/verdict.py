"""Reads what reviewers said."""

from __future__ import annotations

from django.db.models import QuerySet

from detectors.models import Verdict


def verdicts_of(decision_ref: str) -> QuerySet[Verdict]:
    """Verdicts of one decision that still stand, one a campaign."""
    return Verdict.objects.filter(
        decision_ref__startswith=f"{decision_ref}:", withdrawn_at=None
    ).order_by("campaign_id")
