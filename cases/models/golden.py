"""Golden items: closed cases whose answer is known, and the checks of reviewers made of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.models.case import Case
from cases.models.policy import PolicyVersion
from detectors.choices import Outcome


class GoldenItem(models.Model):
    """A closed case that a lead vouches for. outcome, policy_version: the known answer.

    expires_at: from then on nobody is checked with it; what was answered stays.
    """

    case = models.OneToOneField(Case, models.PROTECT, related_name="golden_item")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="golden_items"
    )
    reason = models.TextField(max_length=5_000)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="golden_items"
    )
    marked_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.outcome} of {self.case_id}"


class GoldenCheck(models.Model):
    """One reviewer before one golden item, as a copy that looks like any other case.

    case: the copy. outcome, policy_version, decided_at: of the reviewer; empty until decided.
    seen_at: when the reviewer saw the own result; from then on it stands.
    """

    item = models.ForeignKey(GoldenItem, models.PROTECT, related_name="checks", db_index=False)
    case = models.OneToOneField(Case, models.PROTECT, related_name="golden_check")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="golden_checks"
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="golden_checks", db_index=False
    )
    created_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "reviewer"], name="golden_once"),
        ]
        indexes = [
            # what is kept from a reviewer as long as the own result is not seen
            models.Index(fields=["reviewer"], condition=Q(seen_at=None), name="goldencheck_unseen"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} at {self.item_id}"
