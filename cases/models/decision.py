"""Decisions: how cases end, and how that is taken back."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from abusedesk.core import clock
from cases.choices import ActionKind, Confidence
from cases.models.case import Case
from cases.models.policy import PolicyVersion
from detectors.choices import Outcome


class Decision(models.Model):
    """One outcome with its reason. `before` is what undo puts back; nothing is ever deleted.

    key: idempotency key of the form; a double click is one decision. policy_version: what it was
    judged under. assessment: question -> answer, as that version asks. undo_reason: empty when it
    was undone in passing. replaces: the decision that this one took the place of. held: nothing of
    it is in force until a second person agrees.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="decisions"
    )
    confidence = models.PositiveSmallIntegerField(choices=Confidence.choices, null=True)
    assessment = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    reason = models.TextField(max_length=5_000)
    key = models.UUIDField(unique=True)
    before = models.JSONField()
    seconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="undone_decisions"
    )
    undo_reason = models.TextField(max_length=5_000, blank=True, default="", db_default="")
    held = models.BooleanField(default=False, db_default=False)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        ordering = ["-id"]
        indexes = [
            # words of the search; kept in order at once, since more is looked for than written
            GinIndex(
                OpClass(Upper("reason"), name="gin_trgm_ops"),
                name="decision_text",
                fastupdate=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.case_id}"


class EntityAction(models.Model):
    """What one decision asks for one entity. until: when it ends by itself, empty for never.

    reversed_at: the decision was taken back.
    """

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="actions")
    entity_type = models.CharField(max_length=40)
    value = models.CharField(max_length=4_200)
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    until = models.DateTimeField(null=True)
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.entity_type}:{self.value}"


class Statement(models.Model):
    """A statement of reasons that was issued; what it says never changes.

    puid: random, under which the transparency database knows it.
    """

    action = models.OneToOneField(EntityAction, models.PROTECT, related_name="statement")
    puid = models.CharField(max_length=64, unique=True)
    body = models.JSONField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.puid
