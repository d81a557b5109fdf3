"""Saved mappings: immutable versions of how foreign items become signals."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock


class SavedMapping(models.Model):
    """One version of one mapping.

    slug: its name in addresses; what no field reads is kept under it. spec: the mapping itself
    (docs/mapping.md). sample: what it was tried on when it was saved.
    """

    slug = models.SlugField(max_length=28)
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    sample = models.TextField(blank=True)
    current = models.BooleanField(default=True)
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "number"], name="mapping_number"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(current=True), name="mapping_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} v{self.number}"
