"""Where cases came from: mergers and splits, with what undoes them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import LineageKind
from cases.models.case import Case
from detectors.models import CannotLink


class CaseLineage(models.Model):
    """One merger or one split. Undone, never deleted.

    case: the one that goes on. other: the one that went into it, or came out of it; a cut whose
    smaller part is no case of its own has none. before: both cases as they were, for the way back.
    cut: what keeps the parts of a split from joining again. actor: none is the desk itself.
    """

    kind = models.CharField(max_length=8, choices=LineageKind.choices)
    case = models.ForeignKey(Case, models.PROTECT, related_name="lineage")
    other = models.ForeignKey(Case, models.PROTECT, null=True, related_name="origins")
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict)
    cut = models.ForeignKey(CannotLink, models.PROTECT, null=True, db_index=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.case_id}, {self.other_id}"
