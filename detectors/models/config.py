"""Detector configurations: immutable versions of mode and parameters."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from detectors.choices import Mode


class DetectorConfig(models.Model):
    """One version of one detector's settings: the registry is code, this is what people chose."""

    slug = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices)
    params = models.JSONField()
    params_hash = models.CharField(max_length=16)
    current = models.BooleanField(default=True)
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "number"], name="config_number"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(current=True), name="config_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} v{self.number}"
