"""Checklists of cases, and the playbooks that they come from."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from abusedesk.core import clock
from cases.choices import Severity, TaskState
from cases.models.case import Case
from cases.models.queue import Queue


class Playbook(models.Model):
    """Steps that a new case gets as tasks when it fits.

    queue, platform: empty fits every one. severity: the least that fits.
    """

    title = models.CharField(max_length=120, unique=True)
    steps = ArrayField(models.CharField(max_length=300))
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, blank=True)
    platform = models.CharField(max_length=40, blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.INFO)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Task(models.Model):
    """One step of a case's checklist. version: guards concurrent writes, as that of a case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="tasks")
    playbook = models.ForeignKey(Playbook, models.PROTECT, null=True, related_name="tasks")
    text = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=TaskState.choices, default=TaskState.OPEN)
    version = models.PositiveIntegerField(default=1)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    added_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            # words of the search; kept in order at once, since more is looked for than written
            GinIndex(
                OpClass(Upper("text"), name="gin_trgm_ops"), name="task_text", fastupdate=False
            ),
        ]

    def __str__(self) -> str:
        return self.text
