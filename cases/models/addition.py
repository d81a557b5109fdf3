"""What people add to a case by hand, because they see that it belongs."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.models.case import Case


class CaseAddition(models.Model):
    """An account as a member, or anything else as evidence, by somebody's choice.

    digest: of type and value, as entities have it; values are too long for a key. Taken back, the
    row is gone; the timeline keeps both.
    """

    # no index of its own: the unique key begins with it
    case = models.ForeignKey(Case, models.PROTECT, related_name="additions", db_index=False)
    type = models.CharField(max_length=40)
    value = models.CharField(max_length=4_200)
    digest = models.BinaryField(max_length=16)
    reason = models.CharField(max_length=500)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "digest"], name="addition_once")]
        indexes = [
            # the cases that a thing was added to
            models.Index(fields=["digest"], name="addition_thing")
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.value} in {self.case_id}"
