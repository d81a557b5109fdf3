"""What people tie to a case: other cases, and themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.models.case import Case


class CaseLink(models.Model):
    """Two cases that a person calls related, the older one first."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="links_out")
    other = models.ForeignKey(Case, models.PROTECT, related_name="links_in")
    reason = models.CharField(max_length=500)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "other"], name="link_once")]

    def __str__(self) -> str:
        return f"{self.case_id} - {self.other_id}"


class CaseWatch(models.Model):
    """A person who wants to know what becomes of a case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="watches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    since = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="watch_case_once")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.case_id}"
