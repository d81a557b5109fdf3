"""Work on many cases at once, and what became of each of them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import BulkAction, BulkState, ItemState
from cases.deeds import UNDO_FOR
from cases.models.case import Case
from cases.models.decision import Decision


class BulkJob(models.Model):
    """One action on many cases; which they are was settled when it was confirmed.

    said: what is done, as `Deed` reads it. query: the filter that chose the cases, empty when they
    were picked one by one. held: its decisions wait for a second person. finished_at: when it was
    done or cancelled. busy_until: how long the worker that has it keeps others away.
    """

    action = models.CharField(max_length=8, choices=BulkAction.choices)
    said = models.JSONField(default=dict)
    query = models.CharField(max_length=4_000, blank=True)
    reason = models.TextField(max_length=5_000)
    held = models.BooleanField(default=False)
    total = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=BulkState.choices, default=BulkState.RUNNING)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="bulk_jobs")
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(default=clock.now)
    # no index: people are not deleted, and nobody asks what somebody undid
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            # the sweep: what is not done
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=["running", "undoing"]),
                name="bulkjob_at_work",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.total}"

    @property
    def undo_until(self) -> datetime | None:
        """The end of the time in which it can be undone."""
        return self.finished_at + UNDO_FOR if self.finished_at else None


class BulkItem(models.Model):
    """One case of the work. What became of it is written together with the change itself.

    version: of the case when the work was confirmed. note: why it failed, was skipped or could not
    be undone. before: what undo puts back, where no decision knows it.
    """

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="items", db_index=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="bulk_items")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=ItemState.choices, default=ItemState.WAITING)
    note = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict)
    # no index: decisions are not deleted
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["job", "case"], name="bulkitem_once"),
        ]
        indexes = [
            # the next one to do, and counts
            models.Index(fields=["job", "state", "id"], name="bulkitem_state"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.state}"
