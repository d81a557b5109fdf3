"""Decisions: how cases end, and how that is taken back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.models.case import Case
from detectors.choices import Outcome


class Decision(models.Model):
    """One outcome with its reason. `before` is what undo puts back; nothing is ever deleted.

    key: idempotency key of the form; a double click is one decision.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.TextField(max_length=5_000)
    key = models.UUIDField(unique=True)
    before = models.JSONField()
    seconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="undone_decisions"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.case_id}"
