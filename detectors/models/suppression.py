"""Detectors that are kept quiet about one entity for a while."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock


class Suppression(models.Model):
    """What one detector finds about one entity counts for no campaign until `expires_at`.

    detector: its slug. type, value: the entity. applied: whether the fusion has it in force; it
    follows the dates at the next sweep.
    """

    detector = models.SlugField(max_length=60)
    type = models.CharField(max_length=40)
    value = models.TextField()
    reason = models.CharField(max_length=500)
    expires_at = models.DateTimeField()
    applied = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            # fusion, at every step: those in force
            models.Index(
                fields=["detector"], condition=models.Q(applied=True), name="suppression_applied"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.detector} about {self.type} {self.value}"
