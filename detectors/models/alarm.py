"""How often detectors find something, by the hour, and the alarms that follow from it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from detectors.choices import AlarmKind
from detectors.models.source import Source


class HitHour(models.Model):
    """Findings that a detector made in one hour on the live time-line.

    source: whose signals they cite; empty: all, each finding once.
    """

    detector = models.SlugField(max_length=60)
    source = models.ForeignKey(Source, models.CASCADE, null=True)
    hour = models.DateTimeField()
    findings = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["detector", "source", "hour"], nulls_distinct=False, name="hithour_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.detector} {self.hour:%Y-%m-%d %H}"


class DetectorAlarm(models.Model):
    """A detector that runs wild or fell silent. source: at signals of that one only.

    counted: findings of the hour, or hours of silence. expected: what was usual.
    """

    detector = models.SlugField(max_length=60)
    kind = models.CharField(max_length=8, choices=AlarmKind.choices)
    source = models.ForeignKey(Source, models.CASCADE, null=True)
    counted = models.PositiveIntegerField()
    expected = models.FloatField()
    raised_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["detector", "kind", "source"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="detectoralarm_once",
            ),
        ]

    def __str__(self) -> str:
        if self.kind == AlarmKind.SPIKE:
            return f"{self.counted:,} findings in an hour, {self.expected:.1f} are usual"
        return f"no finding for {self.counted} hours, {self.expected:.0f} would be usual"
