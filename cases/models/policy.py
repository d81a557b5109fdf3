"""Policies: immutable versions of what is forbidden, and how decisions under it are treated."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from cases.choices import Effect, Question, Severity


class PolicyVersion(models.Model):
    """One version of one policy; a decision keeps the version that it was made under.

    harm: how bad a breach is. review_percent: of its decisions, how many are looked at twice.
    review_over: so are those that suspend or terminate more accounts than this; empty for none.
    review_effect: when those are in force; what is drawn by lot always is at once.
    strikes: points for each account of a confirmed case; they halve in strike_half_life_days and
    end after strike_days. appeal_hours: time for a ruling. statement: what statements of reasons
    about its breaches say, empty where none are made; fields of `statements.ground.Ground`.
    """

    slug = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=20_000)
    harm = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.MEDIUM)
    review_percent = models.PositiveSmallIntegerField(default=0)
    review_over = models.PositiveIntegerField(null=True)
    review_effect = models.CharField(
        max_length=8,
        choices=Effect.choices,
        default=Effect.AT_ONCE,
        db_default=Effect.AT_ONCE.value,
    )
    questions = ArrayField(
        models.CharField(max_length=16, choices=Question.choices), default=list, blank=True
    )
    strikes = models.PositiveSmallIntegerField(default=1)
    strike_half_life_days = models.PositiveSmallIntegerField(default=90)
    strike_days = models.PositiveSmallIntegerField(default=365)
    appeal_hours = models.PositiveSmallIntegerField(default=72)
    statement = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    current = models.BooleanField(default=True)
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "number"], name="policy_number"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(current=True), name="policy_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"
