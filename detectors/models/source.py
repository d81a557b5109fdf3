"""Where signals come from, and the time-line they belong to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from abusedesk.core.models import ApiToken
from detectors.choices import Alarm, ReportCases, StreamKind


class Source(models.Model):
    """One integration, file or generator that sends signals.

    platforms: those that it is meant to report. adapters: slugs of those that it has used. alarm:
    how it is watched for silence. silent_after_s: seconds of silence that are too many, where the
    alarm is fixed. report_cases: whether a report opens a case by itself.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=2_000, blank=True, default="", db_default="")
    platforms = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    adapters = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    alarm = models.CharField(
        max_length=8, choices=Alarm.choices, default=Alarm.AUTO, db_default=Alarm.AUTO
    )
    silent_after_s = models.PositiveIntegerField(null=True, blank=True)
    report_cases = models.CharField(
        max_length=8,
        choices=ReportCases.choices,
        default=ReportCases.AUTO,
        db_default=ReportCases.AUTO,
    )
    token = models.ForeignKey(
        ApiToken, models.SET_NULL, null=True, blank=True, related_name="sources"
    )
    created_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title


class SourceHour(models.Model):
    """What one source sent of one platform in one hour of receipt.

    platform: empty for refused items, which need not name one. late: more than a day old when they
    came. clamped: more than five minutes ahead of the desk's clock. gap_s: longest pause of the
    source that ended in this hour. last_at: when the last one came. skew: histogram of received
    minus occurred (`detectors/tally.py`).
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    platform = models.CharField(max_length=40, blank=True)
    accepted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    late = models.BigIntegerField(default=0)
    clamped = models.BigIntegerField(default=0)
    gap_s = models.FloatField(default=0.0)
    last_at = models.DateTimeField(null=True, blank=True)
    skew = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        ordering = ["source", "hour", "platform"]
        constraints = [
            models.UniqueConstraint(fields=["source", "hour", "platform"], name="sourcehour_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.platform} {self.hour}"


class Stream(models.Model):
    """One time-line with an engine clock of its own.

    Live posts share the stream `live`. A historical import gets its own, so that signals of 2016
    are neither late for a desk that lives today nor able to move its clock.

    tick_floor_s: ticks are at least this far apart, whatever a detector asks for; nobody waits
    for a five-minute tick in a replay of three months.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=StreamKind.choices)
    tick_floor_s = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title
