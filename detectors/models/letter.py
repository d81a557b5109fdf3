"""Work on many refused items at once."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from abusedesk.core import clock
from detectors.choices import JobState, LetterAction


class LetterJob(models.Model):
    """One replay or discard of many refused items, oldest first, a step at a time.

    chosen: ids that were ticked; empty: all that match `filters`. newest: id of the last item that
    was counted; what came later is left alone. place: id up to which the work is done. total: how
    many there were when it began. failed: how many were refused again and stay. busy_until:
    how long the worker that has it keeps others away.
    """

    action = models.CharField(max_length=8, choices=LetterAction.choices)
    filters = models.JSONField(default=dict)
    chosen = ArrayField(models.BigIntegerField(), default=list)
    reason = models.CharField(max_length=500, blank=True)
    newest = models.BigIntegerField()
    place = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.RUNNING)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    busy_until = models.DateTimeField(default=clock.now, db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # the sweep: what is not done
            models.Index(
                fields=["id"], name="letterjob_running", condition=models.Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.total}"
