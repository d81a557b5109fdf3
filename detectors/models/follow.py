"""Findings that another layer takes up: which detectors it follows, and what waits for it."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock
from detectors.models.config import DetectorConfig
from detectors.models.finding import Finding


class FollowedDetector(models.Model):
    """A detector whose new findings are put aside for who follows it."""

    slug = models.SlugField(max_length=60, unique=True)
    since = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class FollowedFinding(models.Model):
    """A finding that came or grew, in the transaction that wrote it; gone once it is taken up.

    config: the version that found it, whatever version takes the finding over later.
    """

    # no index: rows live for seconds, and findings are not deleted one by one
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="+", db_index=False)
    config = models.ForeignKey(DetectorConfig, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.finding_id} by {self.config_id}"
