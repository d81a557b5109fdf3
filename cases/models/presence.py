"""Who has the desk open, and which case they look at."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from cases.models.case import Case


class Presence(models.Model):
    """One row for each person, written over and over; no history of who looked at what is kept.

    case: on their screen, None for any other page. seen_at: when their page last asked.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="presence")
    # no index: the table has one row a person
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, related_name="viewers", db_index=False
    )
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} at {self.case_id}"
