"""What disturbing evidence people have seen in a shift, in points; what was added; their breaks."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock


class Exposure(models.Model):
    """One item that one person saw uncovered, once in a shift. item: `signal:7`, `file:3`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exposures")
    shift_began = models.DateTimeField()
    item = models.CharField(max_length=28)
    points = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "shift_began", "item"], name="exposure_once"),
        ]
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


class Break(models.Model):
    """A rest of one person, for their eyes only. resumed_at: empty until they go on by a press."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="breaks")
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    resumed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-began_at", "-id"]
        indexes = [models.Index(fields=["user", "-began_at"], name="break_of_person")]

    def __str__(self) -> str:
        return f"break until {self.ends_at:%H:%M}"
