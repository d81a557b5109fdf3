"""Where signals come from, and the time-line they belong to."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock
from abusedesk.core.models import ApiToken
from detectors.choices import StreamKind


class Source(models.Model):
    """One integration, file or generator that sends signals."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    token = models.ForeignKey(
        ApiToken, models.SET_NULL, null=True, blank=True, related_name="sources"
    )
    created_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title


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
