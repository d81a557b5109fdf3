"""What detectors found, and the log of every change to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex
from django.db import models

from abusedesk.core import clock
from detectors.choices import FAMILIES, TIERS, FindingStatus
from detectors.models.config import DetectorConfig
from detectors.models.source import Stream


class Finding(models.Model):
    """The newest revision of one finding, with everything needed to compute its score again.

    uid: hash of detector, version, parameters, stream and anchor. subjects: accounts as
    `platform:actor`. links: [index, index, llr] into subjects; without any, all pairs have `llr`.
    """

    uid = models.CharField(max_length=32, unique=True)
    config = models.ForeignKey(DetectorConfig, models.PROTECT, related_name="findings")
    stream = models.ForeignKey(Stream, models.PROTECT)
    detector = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField()
    family = models.CharField(max_length=12, choices=FAMILIES)
    tier = models.CharField(max_length=16, choices=TIERS)
    anchor_type = models.CharField(max_length=40)
    anchor_value = models.TextField()
    subjects = ArrayField(models.CharField(max_length=242))
    signal_ids = ArrayField(models.BigIntegerField())
    signal_total = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    llr = models.FloatField()
    score = models.FloatField(null=True)
    links = models.JSONField(default=list)
    sentence = models.TextField()
    values = models.JSONField(default=dict)
    constants = models.JSONField(default=dict)
    conditions = models.JSONField(default=list)
    falsifiers = models.JSONField(default=list)
    flags = ArrayField(models.CharField(max_length=40), default=list)
    revision = models.PositiveIntegerField(default=1)
    status = models.CharField(
        max_length=8, choices=FindingStatus.choices, default=FindingStatus.CURRENT
    )
    digest = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            # API: findings that name one of these accounts
            GinIndex(fields=["subjects"], name="finding_subjects"),
            # signal page: findings that cite it
            GinIndex(fields=["signal_ids"], name="finding_signals"),
            # cases: what rests on the very same thing; a value may be too long for a btree
            HashIndex(fields=["anchor_value"], name="finding_anchor"),
            # detector page: newest findings of one detector; tick: what held before
            models.Index(fields=["config", "stream", "status"], name="finding_config"),
        ]

    def __str__(self) -> str:
        return self.sentence


class FindingRevision(models.Model):
    """The findings log: append-only.

    at_s: engine clock, seconds since 1970; it never falls within one shard, so that a reader who
    waits for the slowest shard reads the log in an order that no timing changes. evidence: what
    the fusion needs of this revision (`Evidence`).
    """

    id = models.BigAutoField(primary_key=True)
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="revisions")
    stream = models.ForeignKey(Stream, models.PROTECT)
    revision = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=FindingStatus.choices)
    at_s = models.FloatField()
    signal_id = models.BigIntegerField()
    digest = models.CharField(max_length=32)
    evidence = models.JSONField()

    class Meta:
        ordering = ["id"]
        indexes = [
            # the fusion's next entries
            models.Index(fields=["stream", "at_s", "id"], name="findingrevision_order"),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} r{self.revision}"


class FusedFinding(models.Model):
    """A finding as the fusion has it: its last revision up to the fusion's place in the log."""

    finding = models.OneToOneField(Finding, models.CASCADE, primary_key=True)
    subjects = ArrayField(models.CharField(max_length=242))
    evidence = models.JSONField()

    class Meta:
        indexes = [
            # fusion: evidence that names one of these accounts
            GinIndex(fields=["subjects"], name="fusedfinding_subjects"),
        ]

    def __str__(self) -> str:
        return f"fused {self.finding_id}"
