"""Cases as tests: copies of their signals, and what detectors must still find in them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock


class Scenario(models.Model):
    """A past operation with own copies of its signals, so that no purge of the store takes them.

    origin: what the next layer calls it, as `AD-12`. body: the signals, one JSON a line; empty once
    erased. signals, size: how many and how many bytes. left_out: detector -> why its findings could
    not be made of these signals alone. kept_until: when the copies are erased by themselves.
    erased_at, erased_by, erase_reason: when they went; by nobody: their time was over.
    """

    origin = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    body = models.BinaryField()
    signals = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    accounts = ArrayField(models.CharField(max_length=242))
    left_out = models.JSONField(default=dict)
    kept_until = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    erased_at = models.DateTimeField(null=True)
    # no index: people are never deleted while they have done something
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    erase_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["origin"], condition=models.Q(erased_at=None), name="scenario_one_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.origin


class Expectation(models.Model):
    """What one detector must find in a scenario, and what came of it the last time.

    version, params: of the detector, when the case was saved. accounts: those that it named then.
    found, holds, sentence, error: of the last run; ran_hash: digest of its parameters, ran_version:
    of the detector's code.
    """

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="expected")
    detector = models.SlugField(max_length=60)
    version = models.PositiveSmallIntegerField()
    params = models.JSONField()
    accounts = ArrayField(models.CharField(max_length=242))
    found = models.PositiveIntegerField()
    holds = models.BooleanField()
    sentence = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)
    ran_hash = models.CharField(max_length=16)
    ran_version = models.PositiveSmallIntegerField()
    ran_at = models.DateTimeField()

    class Meta:
        ordering = ["scenario", "detector"]
        constraints = [
            models.UniqueConstraint(fields=["scenario", "detector"], name="expectation_once"),
        ]
        indexes = [
            # a draft of a detector, and its page: what it must still find
            models.Index(fields=["detector", "scenario"], name="expectation_detector"),
        ]

    def __str__(self) -> str:
        return f"{self.detector} in {self.scenario}"
