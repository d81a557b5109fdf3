"""What is kept for how long, what is held against that, and every purge."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from detectors.choices import HoldKind, PurgeState
from detectors.models.source import Source


class RetentionRule(models.Model):
    """One version of how long signals of a source and a kind are kept. The most specific rule wins.

    source: empty stands for every source. kind: empty stands for every kind. days: since the
    signal happened; empty keeps for good. current: in force; older versions stay as they were.
    """

    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True)
    kind = models.CharField(max_length=24, blank=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    number = models.PositiveIntegerField()
    current = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "number"],
                nulls_distinct=False,
                name="retentionrule_number",
            ),
            models.UniqueConstraint(
                fields=["source", "kind"],
                condition=models.Q(current=True),
                nulls_distinct=False,
                name="retentionrule_one_current",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source or 'every source'}, {self.kind or 'every kind'}"


class Hold(models.Model):
    """A legal hold: no purge takes what it covers until it is released.

    target: slug of a source, an account as `platform:actor`, or what the next layer calls its
    thing. source, accounts, signal_ids: what is covered; signals that come later are too.
    """

    kind = models.CharField(max_length=8, choices=HoldKind.choices)
    target = models.CharField(max_length=242)
    source = models.ForeignKey(Source, models.PROTECT, null=True)
    accounts = ArrayField(models.CharField(max_length=242), default=list)
    signal_ids = ArrayField(models.BigIntegerField(), default=list)
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    release_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target"],
                condition=models.Q(released_at=None),
                name="hold_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"


class PurgeRun(models.Model):
    """A verified plan, and the purge that follows it.

    plan: what was in force when it was verified (`purging.plan.Plan`). months: one entry a month
    with what would go and how far that is (`purging.plan.Month`). letter_lines: [source, refused
    items]. digest: hash of plan and counts. signals, letters,
    held, cited, unread, bytes: of the plan. gone_*: what is deleted so far. after_entity: entities
    up to this id are looked through. said: why it stopped.
    """

    state = models.CharField(max_length=8, choices=PurgeState.choices, default=PurgeState.COUNTING)
    plan = models.JSONField()
    months = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    signals = models.BigIntegerField(default=0)
    letters = models.BigIntegerField(default=0)
    letter_lines = models.JSONField(default=list)
    held = models.BigIntegerField(default=0)
    cited = models.BigIntegerField(default=0)
    unread = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    gone_signals = models.BigIntegerField(default=0)
    gone_letters = models.BigIntegerField(default=0)
    gone_mentions = models.BigIntegerField(default=0)
    gone_entities = models.BigIntegerField(default=0)
    after_entity = models.BigIntegerField(default=0)
    said = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    verified_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="purging"),
                name="purgerun_one_purging",
            ),
        ]

    def __str__(self) -> str:
        return f"purge {self.pk}"


class Tombstone(models.Model):
    """What is left of a purged signal that a finding cites."""

    signal_id = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=24)
    run = models.ForeignKey(PurgeRun, models.PROTECT, related_name="tombstones")
    purged_at = models.DateTimeField()

    class Meta:
        ordering = ["-occurred_at", "-signal_id"]

    def __str__(self) -> str:
        return f"purged signal {self.signal_id}"
