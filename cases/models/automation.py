"""Automation: what a detector may set off by itself, what it did, and the way back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from abusedesk.core import clock
from cases.choices import ActionKind, AutomatedState, BulkState
from cases.models.case import Case
from detectors.choices import DraftState
from detectors.models import DetectorConfig, Finding


class Automation(models.Model):
    """One action that a detector may set off: proposed by one person, allowed by another.

    Never changed, so that what is approved is what was read. cap: accounts an hour; min_weight: of
    a finding; days: how long the action lasts, empty until it is taken back. The detector's circuit
    breaker trips at the cap, below least_precision and above most_reversed; resume_hours: after
    which it goes live again by itself, empty for by hand. based_on: id of what was in force when it
    was written, 0 for nothing.
    """

    detector = models.SlugField(max_length=60)
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    days = models.PositiveSmallIntegerField(null=True)
    cap = models.PositiveIntegerField()
    min_weight = models.FloatField()
    resume_hours = models.PositiveSmallIntegerField(null=True)
    least_precision = models.FloatField(null=True)
    most_reversed = models.FloatField(null=True)
    reason = models.CharField(max_length=500)
    based_on = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=DraftState.choices, default=DraftState.OPEN)
    current = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    # no index: people are never deleted while they have done something
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["detector"], condition=Q(current=True), name="automation_one_current"
            ),
        ]
        indexes = [
            # its page: what was proposed and allowed, newest first
            models.Index(fields=["detector", "-id"], name="automation_detector"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, at most {self.cap} an hour"

    @property
    def stands(self) -> str:
        """Its state in words: what another one followed, or somebody ended, was in force."""
        if self.state == DraftState.IN_FORCE and not self.current:
            return "Was in force"
        return self.get_state_display()


class VersionUndo(models.Model):
    """All automated actions of one version of a detector since a moment, taken back by a worker.

    Which they are was settled when it was confirmed. busy_until: how long the worker that has it
    keeps others away.
    """

    detector = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    since = models.DateTimeField()
    reason = models.TextField(max_length=5_000)
    total = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=BulkState.choices, default=BulkState.RUNNING)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # page of the detector: its undos, newest first
            models.Index(fields=["detector", "-id"], name="versionundo_detector"),
            # the sweep: what is not done
            models.Index(fields=["id"], condition=Q(state="running"), name="versionundo_at_work"),
        ]

    def __str__(self) -> str:
        return f"undo of {self.detector} v{self.number}"


class AutomatedAction(models.Model):
    """One account that a finding of an automated detector hit, and what became of it.

    config: the version that found it. why: what keeps a held or barred one from leaving. acted_at:
    when it left; settled_by: who released or dropped a held one, with the note why. until: when the
    action ends by itself. undo: what took it back. case: which tells of it, once there is one.
    """

    automation = models.ForeignKey(
        Automation, models.PROTECT, related_name="actions", db_index=False
    )
    detector = models.SlugField(max_length=60, db_index=False)
    config = models.ForeignKey(DetectorConfig, models.PROTECT, related_name="+", db_index=False)
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="+", db_index=False)
    account = models.CharField(max_length=242)
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    state = models.CharField(max_length=8, choices=AutomatedState.choices)
    why = models.CharField(max_length=200, blank=True)
    until = models.DateTimeField(null=True)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="automated")
    created_at = models.DateTimeField(default=clock.now)
    acted_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    undo = models.ForeignKey(VersionUndo, models.PROTECT, null=True, related_name="actions")

    class Meta:
        ordering = ["-id"]
        constraints = [
            # exactly once: a finding hits an account one time, whoever takes it up how often
            models.UniqueConstraint(fields=["finding", "account"], name="automatedaction_once"),
        ]
        indexes = [
            # page of the detector: what is held, what left
            models.Index(fields=["detector", "state", "-id"], name="automatedaction_state"),
            # the cap: what left in the last hour; undo: since when
            models.Index(
                fields=["detector", "acted_at"],
                condition=Q(acted_at__isnull=False),
                name="automatedaction_acted",
            ),
            # page of an account; whether an action stands already
            models.Index(fields=["account"], name="automatedaction_account"),
            # the sweep: what no case tells of yet
            models.Index(
                fields=["id"], condition=Q(case=None, state="acted"), name="automatedaction_untold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account}"
