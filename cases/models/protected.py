"""Protected entities: what the desk never acts on by itself, and no person alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.choices import ProtectedWhy


class ProtectedEntity(models.Model):
    """One entry of the list. Never deleted: who ended it, when and why stays.

    type, value: the entity, as decisions name it (`account`, `platform:actor`).
    """

    type = models.CharField(max_length=40)
    value = models.CharField(max_length=500)
    why = models.CharField(max_length=10, choices=ProtectedWhy.choices)
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    # no index: people are never deleted while they have done something
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "protected entities"
        constraints = [
            # also what every action asks: whether its entity is protected
            models.UniqueConstraint(
                fields=["type", "value"], condition=Q(ended_at=None), name="protected_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.value}"
