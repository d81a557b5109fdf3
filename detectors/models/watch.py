"""The watch list: values that somebody warned of, each for a limited time."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from detectors.choices import WatchType


class WatchItem(models.Model):
    """One value that one source warns of.

    value: canonical; digest: key of type and value, as entities have. trust: how sure the source
    is, 0..1. warned: slugs of reference lists that called the value well known when it was added.
    hits: signals that used it. ended_at: when it expired or was removed; then it does nothing.
    pending: the detector has not been told of the last change yet.
    """

    type = models.CharField(max_length=12, choices=WatchType.choices)
    value = models.CharField(max_length=4_200)
    digest = models.BinaryField(max_length=16)
    source = models.CharField(max_length=60)
    trust = models.FloatField()
    note = models.CharField(max_length=300, blank=True)
    warned = ArrayField(models.CharField(max_length=60), default=list)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    hits = models.PositiveIntegerField(default=0)
    last_hit_at = models.DateTimeField(null=True)
    pending = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    end_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # one source says a thing once; the linker looks values up here
            models.UniqueConstraint(
                fields=["digest", "source"],
                condition=models.Q(ended_at=None),
                name="watchitem_in_force",
            ),
        ]
        indexes = [
            # the sweep: what the detector is to be told
            models.Index(fields=["id"], condition=models.Q(pending=True), name="watchitem_pending"),
            # the sweep: what has expired
            models.Index(
                fields=["expires_at"], condition=models.Q(ended_at=None), name="watchitem_expiry"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.value}"
