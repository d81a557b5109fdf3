"""Declared relationships: accounts of which somebody has shown that they belong together."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from abusedesk.core import clock


class DeclaredGroup(models.Model):
    """A syndicate, a brand's accounts or own test accounts: coordinated, and known to be.

    accounts: as `platform:actor`. proof: what shows it. valid_until: None is until it is ended.
    applied: whether the fusion has it in force; it follows the dates at the next sweep.
    """

    name = models.CharField(max_length=120)
    accounts = ArrayField(models.CharField(max_length=242))
    proof = models.CharField(max_length=500)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(default=clock.now)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    applied = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    end_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # fusion: declarations that name one of these accounts
            GinIndex(fields=["accounts"], name="declaredgroup_accounts"),
        ]

    def __str__(self) -> str:
        return self.name
