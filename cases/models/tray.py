"""What a person has put aside on any page, to look at it together."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.models.case import Case


class TrayItem(models.Model):
    """A case, or an entity by the digest of its type and value, in the tray of one person.

    An entity stands here by its digest alone, so that nothing of it is left when it is purged.
    """

    # no index of its own: the unique keys begin with it
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tray", db_index=False
    )
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="+")
    digest = models.BinaryField(max_length=16, null=True)
    put_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "case"], name="tray_case_once"),
            models.UniqueConstraint(fields=["user", "digest"], name="tray_thing_once"),
            models.CheckConstraint(
                condition=Q(case__isnull=True) ^ Q(digest__isnull=True), name="tray_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return (
            f"case {self.case_id}" if self.case_id else f"entity {bytes(self.digest or b'').hex()}"
        )
