"""Second looks at decisions: blind reviews, and appeals."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from abusedesk.core import clock
from cases.choices import AppealState, Confidence, ReviewState, ReviewWhy
from cases.models.decision import Decision
from cases.models.policy import PolicyVersion
from detectors.choices import Outcome


class SecondReview(models.Model):
    """The second opinion on a decision. While it waits, nobody but the first person sees the first.

    outcome, policy_version, confidence, assessment, reason: of the second person. settled_*: of the
    lead, when the two did not agree.
    """

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="second_review")
    why = models.CharField(max_length=8, choices=ReviewWhy.choices)
    state = models.CharField(
        max_length=10, choices=ReviewState.choices, default=ReviewState.WAITING
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="second_reviews"
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="second_reviews"
    )
    confidence = models.PositiveSmallIntegerField(choices=Confidence.choices, null=True)
    assessment = models.JSONField(default=dict)
    reason = models.TextField(max_length=5_000, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    reviewed_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="settled_reviews"
    )
    settled_at = models.DateTimeField(null=True)
    settled_reason = models.TextField(max_length=5_000, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            # what waits for somebody, oldest first
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["waiting", "disagreed"]),
                name="secondreview_open",
            ),
        ]

    def __str__(self) -> str:
        return f"second look at {self.decision_id}"


class Appeal(models.Model):
    """Somebody objects to a decision; a person who had no part in it rules.

    key: the sender's, so that the same appeal sent twice is one. appellant: who objects, in the
    words of who handed it in.
    """

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="appeals")
    key = models.UUIDField(unique=True)
    appellant = models.CharField(max_length=242)
    statement = models.TextField(max_length=20_000)
    state = models.CharField(
        max_length=10, choices=AppealState.choices, default=AppealState.WAITING
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="opened_appeals"
    )
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    ruled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="ruled_appeals"
    )
    ruled_at = models.DateTimeField(null=True)
    ruling = models.TextField(max_length=5_000, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision"], condition=Q(state="waiting"), name="appeal_one_open"
            ),
        ]
        indexes = [
            # what waits for a ruling, by the clock
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="appeal_due"),
            # words of the search; kept in order at once, since more is looked for than written
            GinIndex(
                OpClass(Upper("statement"), name="gin_trgm_ops"),
                OpClass(Upper("ruling"), name="gin_trgm_ops"),
                name="appeal_text",
                fastupdate=False,
            ),
        ]

    def __str__(self) -> str:
        return f"appeal of {self.appellant} on {self.decision_id}"
