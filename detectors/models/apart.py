"""What people said of campaigns: who does not belong together, and what the fusion asks them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from abusedesk.core import clock
from detectors.choices import LinkState, ProposalKind, ProposalState
from detectors.models.campaign import Campaign


class CannotLink(models.Model):
    """A person's word that nobody of `left` acts together with anybody of `right`.

    at_s, ended_s: the fusion's place in engine time when it was said and taken back, so that a
    second reading of the findings log meets it at the same place.
    """

    left = ArrayField(models.CharField(max_length=242))
    right = ArrayField(models.CharField(max_length=242))
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=LinkState.choices, default=LinkState.WAITING)
    at_s = models.FloatField()
    ended_s = models.FloatField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [
            # fusion: links of one of these accounts to others
            GinIndex(fields=["left"], name="cannotlink_left"),
        ]

    def __str__(self) -> str:
        return f"{len(self.left)} apart from {len(self.right)}"


class Touched(models.Model):
    """People work on this campaign: it keeps its members and goes into no other but by a person.

    A row of its own: who locks a case may write it while somebody else holds the campaign.
    """

    campaign = models.OneToOneField(
        Campaign, models.CASCADE, primary_key=True, related_name="touched"
    )

    def __str__(self) -> str:
        return f"touched {self.campaign_id}"


class Proposal(models.Model):
    """What the fusion would do with campaigns that people work on: merge two, or split one.

    other: the second campaign of a merger. part: accounts that would leave `campaign`.
    """

    kind = models.CharField(max_length=8, choices=ProposalKind.choices)
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="proposals")
    other = models.ForeignKey(Campaign, models.CASCADE, null=True, related_name="+")
    part = ArrayField(models.CharField(max_length=242), default=list)
    bridges = models.PositiveIntegerField(default=0)
    families = ArrayField(models.CharField(max_length=12), default=list)
    state = models.CharField(
        max_length=8, choices=ProposalState.choices, default=ProposalState.OPEN
    )
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            # inbox: what waits for an answer, newest first
            models.Index(fields=["-id"], condition=models.Q(state="open"), name="proposal_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.campaign_id}"
