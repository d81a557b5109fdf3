"""What reviewers said of campaigns: the way back from decisions to detectors."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock
from detectors.choices import Outcome
from detectors.models.campaign import Campaign


class Verdict(models.Model):
    """One reviewer's outcome for one campaign. Withdrawn, never deleted, when a decision is undone.

    families, size: what the campaign looked like then; a benign verdict suppresses the same
    evidence until `expires_at`, but not a new family or twice the size. p: its raw probability
    then; fits leave out verdicts from before it was kept. weight: how many campaigns it stands
    for, one over the chance with which it came to review.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="verdicts")
    decision_ref = models.CharField(max_length=64, unique=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    families = models.JSONField()
    size = models.PositiveIntegerField()
    p = models.FloatField(null=True)
    weight = models.FloatField(default=1.0, db_default=1.0)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.campaign_id}"
