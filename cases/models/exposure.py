"""What disturbing evidence people have seen in a shift, in points, and what leads added."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock


class Exposure(models.Model):
    """One item that one person saw uncovered. signal_id: so that it counts once in a shift."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exposures")
    signal_id = models.BigIntegerField()
    points = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["user", "at"], name="exposure_of_shift")]

    def __str__(self) -> str:
        return f"{self.points} points"


class BudgetExtension(models.Model):
    """Points that a lead added to the current shift of one person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="extensions")
    points = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["user", "at"], name="extension_of_shift")]

    def __str__(self) -> str:
        return f"{self.points} more"
