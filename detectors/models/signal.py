"""Stored signals, refused ones, and the state of file imports."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from abusedesk.core import clock
from detectors.choices import DeadLetterState, ImportState
from detectors.models.source import Source, Stream


class Signal(models.Model):
    """One act somewhere, as its sender told it.

    Range-partitioned by month of `occurred_at` (migration 0002 and `partitions.py`), so the real
    primary key is (id, occurred_at) and (source, external_id, occurred_at) is unique.
    (epoch, tx, id) is the commit order that every consumer's cursor follows; `tx` is filled by
    the database. `payload` holds the fields that have no column of their own.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(Stream, models.PROTECT, db_constraint=False)
    source = models.ForeignKey(Source, models.PROTECT, db_constraint=False)
    external_id = models.CharField(max_length=200)
    platform = models.CharField(max_length=40)
    kind = models.CharField(max_length=24)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    text = models.TextField()
    payload = models.JSONField()
    epoch = models.SmallIntegerField()

    class Meta:
        ordering = ["-occurred_at", "-id"]

    def __str__(self) -> str:
        return f"{self.platform} {self.kind} {self.external_id}"


class DeadLetter(models.Model):
    """A refused item, kept whole with the reasons, so that it can be fixed and replayed.

    adapter: slug of the one that could make no item of `raw`, which then is a piece of a foreign
    payload; `map:acme@3` for version 3 of a saved mapping; empty: `raw` is JSON of the contract.
    errors: the reasons, each with field, code and message, of the last try. settled_at, settled_by:
    when it was replayed or discarded, and by whom. reason: why it was discarded.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="dead_letters")
    received_at = models.DateTimeField(default=clock.now)
    position = models.PositiveIntegerField()
    external_id = models.CharField(max_length=200, blank=True)
    raw = models.BinaryField()
    truncated = models.BooleanField(default=False)
    adapter = models.CharField(max_length=40, blank=True, default="", db_default="")
    errors = models.JSONField()
    state = models.CharField(
        max_length=10, choices=DeadLetterState.choices, default=DeadLetterState.OPEN
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-id"]
        indexes = [
            # waiting letters of a source, newest first
            models.Index(fields=["state", "source", "-id"], name="deadletter_waiting"),
            # waiting letters of all sources, newest first
            models.Index(fields=["state", "-id"], name="deadletter_newest"),
            # those with one reason, at one field
            GinIndex(fields=["errors"], opclasses=["jsonb_path_ops"], name="deadletter_errors"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id or 'item'} #{self.position}"


class ImportRun(models.Model):
    """Progress of one set of files; moves in the transaction that stores their signals."""

    digest = models.CharField(max_length=64, unique=True)
    files = ArrayField(models.CharField(max_length=500))
    stream = models.OneToOneField(Stream, models.PROTECT)
    source = models.ForeignKey(Source, models.PROTECT)
    items = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.RUNNING)
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return ", ".join(self.files)
