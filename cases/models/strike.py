"""Strikes: what accounts have against them from confirmed cases."""

from __future__ import annotations

from django.db import models

from cases.models.decision import Decision


class Strike(models.Model):
    """Points that one decision gave one account.

    value: `platform:actor`. Points halve every half_life_days and end at expires_at.
    """

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="strikes")
    value = models.CharField(max_length=242)
    points = models.PositiveSmallIntegerField()
    half_life_days = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "value"], name="strike_once"),
        ]
        indexes = [
            # what counts against an account
            models.Index(
                fields=["value"], condition=models.Q(withdrawn_at=None), name="strike_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} for {self.value}"
