"""Detector configurations: immutable versions of mode and parameters, and what is proposed."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock
from detectors.choices import DraftState, Mode, Way


class DetectorConfig(models.Model):
    """One version of one detector's settings: the registry is code, this is what people chose.

    created_by: who wrote it. approved_by: the second person. restores: number of the earlier
    version that it equals. promote_at: when it leaves shadow by itself, as was approved.

    beside: number of the version in force when this one began to watch beside it, None for one that
    came into force itself. ended_at: since when a version that ran beside does not run any more.
    """

    slug = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices)
    params = models.JSONField()
    params_hash = models.CharField(max_length=16)
    current = models.BooleanField(default=True)
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    created_at = models.DateTimeField(default=clock.now)
    way = models.CharField(
        max_length=12, choices=Way.choices, default=Way.SET, db_default=Way.SET.value
    )
    # no index: people are never deleted while they have done something
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    restores = models.PositiveIntegerField(null=True)
    promote_at = models.DateTimeField(null=True)
    beside = models.PositiveIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "number"], name="config_number"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(current=True), name="config_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} v{self.number}"

    @property
    def is_tripped(self) -> bool:
        """Whether it is in shadow because its circuit breaker put it there."""
        return self.mode == Mode.SHADOW and self.way == Way.TRIPPED

    @property
    def is_beside(self) -> bool:
        """Whether it watches beside the version in force now."""
        return self.beside is not None and self.ended_at is None


class DetectorDraft(models.Model):
    """Settings that somebody proposes; never changed, so that what is approved is what was read.

    based_on: the version in force when it was written, 0 without any. beside: whether it is to
    watch beside that version, and not to take its place. promote_after_days: of a draft of shadow,
    days after which it goes live by itself. loses: cases saved as tests that it
    would lose, lost_because: why it may. settled_by, note: who ended it and why. made: the version
    that it became.
    """

    slug = models.SlugField(max_length=60)
    based_on = models.PositiveIntegerField()
    mode = models.CharField(max_length=8, choices=Mode.choices)
    params = models.JSONField()
    beside = models.BooleanField(default=False, db_default=False)
    promote_after_days = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=500)
    loses = ArrayField(models.CharField(max_length=20), default=list, db_default=[])
    lost_because = models.CharField(max_length=500, blank=True, default="", db_default="")
    state = models.CharField(max_length=10, choices=DraftState.choices, default=DraftState.OPEN)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    # no index: people are never deleted while they have done something
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    made = models.OneToOneField(DetectorConfig, models.PROTECT, null=True, related_name="draft")

    class Meta:
        ordering = ["-id"]
        indexes = [
            # detector page: its newest drafts
            models.Index(fields=["slug", "-id"], name="draft_slug"),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} of {self.slug}"

    @property
    def stands(self) -> str:
        """Its state in words: a version that another one followed was in force."""
        if self.made is not None and self.made.beside is not None:
            return "Runs in shadow" if self.made.is_beside else "Ran in shadow"
        if self.made is not None and not self.made.current:
            return "Was in force"
        return self.get_state_display()
