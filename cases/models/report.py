"""Reports that somebody sent, by what they report."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.models.case import Case
from detectors.models import Source


class CaseReport(models.Model):
    """One target of one report. A report has a row for each of its targets.

    case: empty while the row waits for one, or a gate keeps it from one. digest: of type and value
    of the target, as entities have it; values are too long for a key. held: a gate keeps it.
    source: through which it came; None where that is not known any more.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="report_links", db_index=False
    )
    signal_id = models.BigIntegerField()
    target_type = models.CharField(max_length=40)
    target = models.CharField(max_length=4_200)
    digest = models.BinaryField(max_length=16)
    platform = models.CharField(max_length=40)
    reporter = models.CharField(max_length=242)
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    reason = models.CharField(max_length=80, blank=True)
    reported_at = models.DateTimeField()
    held = models.BooleanField(default=False)
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            # a report is counted once, and what was reported is found
            models.UniqueConstraint(fields=["digest", "signal_id"], name="casereport_once"),
        ]
        indexes = [
            # the reports of a case, newest first
            models.Index(fields=["case", "-reported_at", "-id"], name="casereport_case"),
            # the targets of one report
            models.Index(fields=["signal_id"], name="casereport_signal"),
            # what became of the reports of one reporter
            models.Index(fields=["reporter"], name="casereport_reporter"),
            # what waits for a case, and what a gate holds
            models.Index(fields=["held", "id"], condition=Q(case=None), name="casereport_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.target_type}:{self.target} by {self.reporter}"
