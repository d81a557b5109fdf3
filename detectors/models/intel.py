"""Imports of indicators: what was read of a report or a feed, and what became of each row."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from detectors.choices import BatchState, Opinion, RowOutcome, Tlp


class IndicatorBatch(models.Model):
    """One report or feed event. Nothing of it counts before somebody accepts it.

    name: of the file; sha256: of its bytes; form: how it was written. source, trust (0..1),
    confidence (0..100), opinion, tlp, licence, reference, days: what all of its rows have in common
    where a row does not say otherwise. rows: as many as were read. forms, outcomes: name -> rows.
    added, withdrawn: assertions that it put on the watch list, and took off.
    """

    source = models.CharField(max_length=60)
    name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    form = models.CharField(max_length=12)
    trust = models.FloatField()
    confidence = models.PositiveSmallIntegerField()
    opinion = models.CharField(max_length=8, choices=Opinion.choices)
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    licence = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=300, blank=True)
    days = models.PositiveSmallIntegerField()
    rows = models.PositiveIntegerField()
    forms = models.JSONField(default=dict)
    outcomes = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=BatchState.choices, default=BatchState.PREVIEW)
    added = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "indicator batches"
        indexes = [
            # the preview: whether these very bytes were taken before
            models.Index(fields=["sha256"], name="indicatorbatch_sha256"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.source}"


class IndicatorRow(models.Model):
    """One row of an import, as it was written and as it was understood.

    form: how it looks. things: type, canonical value, what becomes of it and the lists that name
    it, for each value of the row. phase: of the online operations kill chain; said: as written.
    opinion, confidence, uid, until (its end): where the format says them. extra: what else stood in
    the row.
    """

    batch = models.ForeignKey(IndicatorBatch, models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    raw = models.CharField(max_length=4_000)
    heading = models.CharField(max_length=200, blank=True)
    form = models.CharField(max_length=12)
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices)
    things = models.JSONField(default=list)
    message = models.CharField(max_length=300, blank=True)
    phase = models.CharField(max_length=40, blank=True)
    phase_how = models.CharField(max_length=8, blank=True)
    said = models.CharField(max_length=300, blank=True)
    technique = models.CharField(max_length=300, blank=True)
    procedure = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=2_000, blank=True)
    first_seen = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    extra = models.JSONField(default=dict)
    opinion = models.CharField(max_length=8, choices=Opinion.choices, blank=True)
    confidence = models.PositiveSmallIntegerField(null=True)
    uid = models.CharField(max_length=100, blank=True)
    tags = ArrayField(models.CharField(max_length=200), default=list)
    until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="indicatorrow_number"),
        ]
        indexes = [
            # the preview: rows of one outcome, in order
            models.Index(fields=["batch", "outcome", "number"], name="indicatorrow_outcome"),
        ]

    def __str__(self) -> str:
        return self.raw
