"""Gates: what keeps evidence from opening a case."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import GateKind


class Gate(models.Model):
    """An account that is allowed, or snoozed until a date, with who said so and why."""

    kind = models.CharField(max_length=8, choices=GateKind.choices)
    account = models.CharField(max_length=242)
    reason = models.CharField(max_length=500)
    expires_at = models.DateTimeField(null=True, blank=True)
    hits = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "account"], name="gate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account}"
