"""Snoozes: how long a case stays away, and what would bring it back earlier."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.models.case import Case


class Snooze(models.Model):
    """One time that a case was put away.

    until_escalates: it comes back when one day brings more hits than `upper`. history: hits of the
    14 days before, the oldest first. expected, upper: of one day, the mean and the upper end of the
    95 % band. day: number of the current day since `started_at`; base: hits of the case when it
    began; seen: hits when somebody last looked. ended_at: empty while it lasts.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="snoozes")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    started_at = models.DateTimeField(default=clock.now)
    until = models.DateTimeField()
    until_escalates = models.BooleanField(default=False)
    history = ArrayField(models.PositiveIntegerField(), default=list)
    expected = models.FloatField(default=0.0)
    upper = models.PositiveIntegerField(default=0)
    day = models.PositiveSmallIntegerField(default=0)
    base = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    escalated = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # a case is away once
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_at=None), name="snooze_running_once"
            ),
        ]
        indexes = [
            # the sweep: those that a surge would end
            models.Index(
                fields=["id"],
                condition=Q(ended_at=None, until_escalates=True),
                name="snooze_watched",
            ),
        ]

    def __str__(self) -> str:
        return f"snooze of {self.case_id} until {self.until}"

    @property
    def hits_today(self) -> int:
        """Hits that its current or last day brought."""
        return self.seen - self.base
