"""Backtests: other settings of a detector tried on stored signals."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from detectors.choices import BacktestState, Change
from detectors.models.run import Position
from detectors.models.source import Stream


class Backtest(Position):
    """One run of two settings over one window of one stream. It writes nothing but itself.

    current, proposed: the parameters compared. since, until: the window, by engine time; signals of
    the lookback before it are read too, so that it begins with what the detector would remember.
    sources: only their signals count; empty: all. The place in the stream, and `payload`, are those
    of the last checkpoint; `share` is how far it is. skipped: signals that the detector cannot
    digest. sweep: of a run with several settings of one parameter its name and their values; the
    proposed settings are the current ones then. result: totals of all settings and what they would
    mean, when it is done.
    """

    slug = models.SlugField(max_length=60)
    stream = models.ForeignKey(Stream, models.CASCADE)
    current = models.JSONField()
    proposed = models.JSONField()
    sweep = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    since = models.DateTimeField()
    until = models.DateTimeField()
    sources = ArrayField(models.BigIntegerField(), default=list)
    state = models.CharField(
        max_length=9, choices=BacktestState.choices, default=BacktestState.RUNNING
    )
    share = models.FloatField(default=0.0)
    signals = models.BigIntegerField(default=0)
    skipped = ArrayField(models.BigIntegerField(), default=list)
    payload = models.BinaryField(null=True)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    worked_s = models.FloatField(default=0.0)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # detector page: its newest runs
            models.Index(fields=["slug", "-id"], name="backtest_slug"),
            # the sweep: what is not done
            models.Index(
                fields=["id"], name="backtest_running", condition=models.Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return f"backtest {self.pk} of {self.slug}"


class BacktestFinding(models.Model):
    """A finding that one of the two settings makes: gained, lost or kept.

    said_at: engine time of its first revision. place: rank among those of its change, 0 first.
    """

    run = models.ForeignKey(Backtest, models.CASCADE, related_name="findings")
    change = models.CharField(max_length=6, choices=Change.choices)
    place = models.PositiveIntegerField()
    anchor_type = models.CharField(max_length=40)
    anchor_value = models.TextField()
    family = models.CharField(max_length=12)
    tier = models.CharField(max_length=16)
    subjects = ArrayField(models.CharField(max_length=242))
    signal_ids = ArrayField(models.BigIntegerField())
    signal_total = models.PositiveIntegerField()
    llr = models.FloatField()
    score = models.FloatField(null=True)
    sentence = models.TextField()
    conditions = models.JSONField(default=list)
    said_at = models.DateTimeField()
    lapsed = models.BooleanField()

    class Meta:
        ordering = ["run", "change", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "change", "place"], name="backtestfinding_place"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence
