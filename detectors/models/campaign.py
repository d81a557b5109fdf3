"""Connected evidence: accounts joined by findings of several families."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from detectors.choices import FAMILIES, CampaignState
from detectors.models.calibration import EvidenceWeights
from detectors.models.declared import DeclaredGroup
from detectors.models.finding import Finding


class Campaign(models.Model):
    """One operation as far as the evidence goes.

    score: mean log odds over its edges; p: mean probability that an edge is real, 0..1.
    needs_intake: the pull flag of the next layer; set here, cleared there through a service.
    declared: the declared group that all members are in. weights: the fitted weights of evidence
    that it lives by, those with which it began; None: those that abusedesk ships.
    """

    state = models.CharField(max_length=8, choices=CampaignState.choices)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="absorbed")
    declared = models.ForeignKey(
        DeclaredGroup, models.PROTECT, null=True, related_name="campaigns", db_index=False
    )
    weights = models.ForeignKey(
        EvidenceWeights, models.PROTECT, null=True, related_name="+", db_index=False
    )
    size = models.PositiveIntegerField()
    platforms = ArrayField(models.CharField(max_length=40))
    families = ArrayField(models.CharField(max_length=12, choices=FAMILIES))
    p = models.FloatField()
    score = models.FloatField()
    parts = models.JSONField(default=dict)
    label = models.CharField(max_length=40, blank=True)
    signal_total = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    needs_intake = models.BooleanField(default=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            # intake pulls these, oldest first
            models.Index(
                fields=["updated_at"], condition=models.Q(needs_intake=True), name="campaign_intake"
            ),
            # group page: what its members did together
            models.Index(fields=["declared"], name="campaign_declared"),
        ]

    def __str__(self) -> str:
        return f"campaign {self.pk}"

    @classmethod
    def leaning(cls) -> list[str]:
        """Relations by which other apps rest on a campaign: rows that must not lose it."""
        return [
            one.name
            for one in cls._meta.related_objects
            if one.on_delete is models.PROTECT and one.related_model is not cls
        ]


class CampaignMember(models.Model):
    """One account of a campaign. p: mean probability of its edges; core: inside the 2-core."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="members")
    account = models.CharField(max_length=242)
    p = models.FloatField()
    core = models.BooleanField()
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-p", "account"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "account"], name="member_once"),
        ]
        indexes = [
            # fusion: which campaigns hold one of these accounts
            models.Index(fields=["account"], name="member_account"),
        ]

    def __str__(self) -> str:
        return self.account


class CampaignFinding(models.Model):
    """Evidence of a campaign."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="evidence")
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="campaigns")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "finding"], name="campaignfinding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.finding_id}"


class CampaignEdge(models.Model):
    """A weighted, explained link. parts: family -> [llr after cap and decay, finding id].

    The strongest edges only (`fusion.MAX_EDGES`): all others can be computed from the findings.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="edges")
    a = models.CharField(max_length=242)
    b = models.CharField(max_length=242)
    score = models.FloatField()
    parts = models.JSONField()

    class Meta:
        ordering = ["-score", "a", "b"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "a", "b"], name="edge_once"),
        ]

    def __str__(self) -> str:
        return f"{self.a} - {self.b}"
