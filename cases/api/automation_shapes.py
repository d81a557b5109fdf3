"""Shapes of automation and of protected entities in the API."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rest_framework import serializers

from cases.api.bulk_shapes import ACTS
from cases.choices import ProtectedWhy
from cases.models import AutomatedAction, Automation, ProtectedEntity, VersionUndo
from cases.permits import MAX_CAP, MAX_RESUME_HOURS, MAX_WEIGHT
from cases.services.protected import MAX_AT_ONCE, MAX_VALUE
from cases.terms import MAX_DAYS
from detectors.choices import EntityType

SHORT: Final = 500
CHOSEN: Final = 10_000
HIGHEST: Final = 2**31 - 1


class AutomationSerializer(serializers.ModelSerializer[Automation]):
    """What a detector may set off by itself.

    cap: accounts an hour; one more trips the circuit breaker. min_weight: of a finding. days: the
    action ends by itself after them. resume_hours: after a trip; null: by hand. least_precision:
    the lower end of its interval must not fall below; most_reversed: share of a day's actions that
    people may take back; both 0 to 1.
    """

    kind = serializers.ChoiceField(ACTS)
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=None, allow_null=True)
    cap = serializers.IntegerField(min_value=1, max_value=MAX_CAP)
    min_weight = serializers.FloatField(min_value=0, max_value=MAX_WEIGHT, default=0.0)
    resume_hours = serializers.IntegerField(
        min_value=1, max_value=MAX_RESUME_HOURS, default=None, allow_null=True
    )
    least_precision = serializers.FloatField(
        min_value=0, max_value=1, default=None, allow_null=True
    )
    most_reversed = serializers.FloatField(min_value=0, max_value=1, default=None, allow_null=True)
    reason = serializers.CharField(max_length=SHORT)
    state = serializers.CharField(read_only=True)
    author = serializers.CharField(source="author.username", read_only=True)
    settled_by = serializers.CharField(source="settled_by.username", default=None, read_only=True)
    ended_by = serializers.CharField(source="ended_by.username", default=None, read_only=True)

    class Meta:
        model = Automation
        fields: ClassVar = [
            "id", "detector", "kind", "days", "cap", "min_weight", "resume_hours",
            "least_precision", "most_reversed", "reason", "state", "current", "author",
            "created_at", "settled_by", "settled_at", "note", "ended_by", "ended_at",
        ]  # fmt: skip
        read_only_fields: ClassVar = [
            "id", "detector", "current", "created_at", "settled_at", "note", "ended_at",
        ]  # fmt: skip


class AutomationStandingSerializer(serializers.Serializer[Any]):
    """A detector that acts by itself. used: accounts in the last hour; others: in that state."""

    detector = serializers.CharField(source="automation.detector")
    mode = serializers.CharField()
    tripped = serializers.BooleanField(source="is_tripped")
    resumes_at = serializers.DateTimeField(allow_null=True)
    used = serializers.IntegerField()
    held = serializers.IntegerField()
    barred = serializers.IntegerField()
    acted = serializers.IntegerField()
    automation = AutomationSerializer()


class ProposalAnswerSerializer(serializers.Serializer[Any]):
    """What becomes of a proposal. note: why, of a refusal."""

    do = serializers.ChoiceField(["allow", "refuse", "withdraw"])
    note = serializers.CharField(max_length=SHORT, default="", allow_blank=True)


class AutomationReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=SHORT)


class AutomatedActionSerializer(serializers.ModelSerializer[AutomatedAction]):
    """One account that a finding hit. why: what keeps it from leaving. version: that found it."""

    kind = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    version = serializers.IntegerField(source="config.number", read_only=True)
    sentence = serializers.CharField(source="finding.sentence", read_only=True)
    settled_by = serializers.CharField(source="settled_by.username", default=None, read_only=True)

    class Meta:
        model = AutomatedAction
        fields: ClassVar = [
            "id", "detector", "version", "account", "kind", "state", "why", "until", "finding",
            "sentence", "created_at", "acted_at", "settled_by", "settled_at", "note", "undo",
        ]  # fmt: skip
        read_only_fields = fields


class HeldSerializer(serializers.Serializer[Any]):
    """Which held hits, and whether they leave or are dropped. ids: left out, all of them.

    count: how many, which to release more than 50 needs.
    """

    release = serializers.BooleanField()
    reason = serializers.CharField(max_length=SHORT)
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=CHOSEN, required=False
    )
    count = serializers.IntegerField(min_value=1, max_value=CHOSEN, required=False)


class HeldResultSerializer(serializers.Serializer[Any]):
    """What became of them. barred: protected or allowed meanwhile, so they did not leave."""

    released = serializers.IntegerField()
    dropped = serializers.IntegerField()
    barred = serializers.IntegerField()


class UndoRequestSerializer(serializers.Serializer[Any]):
    """Which version's actions, since when. dry_run: only say what would be taken back.

    count: as the dry run answered in `total`; above 50 it must be given.
    """

    number = serializers.IntegerField(min_value=1, max_value=HIGHEST)
    since = serializers.DateTimeField()
    reason = serializers.CharField(max_length=5_000, default="", allow_blank=True)
    count = serializers.IntegerField(min_value=1, max_value=CHOSEN * 10, required=False)
    dry_run = serializers.BooleanField(default=False)


class UndoPreviewSerializer(serializers.Serializer[Any]):
    """What an undo would take back. released: that people let out, which stand. opened: cases that
    only this version opened; an undo leaves them as they are.
    """

    number = serializers.IntegerField()
    since = serializers.DateTimeField()
    total = serializers.IntegerField()
    capped = serializers.BooleanField()
    released = serializers.IntegerField()
    samples = AutomatedActionSerializer(many=True)
    opened = serializers.ListField(child=serializers.CharField())


class UndoSerializer(serializers.ModelSerializer[VersionUndo]):
    """How far an undo is."""

    state = serializers.CharField(read_only=True)
    actor = serializers.CharField(source="actor.username", read_only=True)
    done = serializers.IntegerField(read_only=True)

    class Meta:
        model = VersionUndo
        fields: ClassVar = [
            "id", "detector", "number", "since", "reason", "total", "done", "state", "actor",
            "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class ProtectedSerializer(serializers.ModelSerializer[ProtectedEntity]):
    """Somebody or something that nothing acts on by itself, and no person alone."""

    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = ProtectedEntity
        fields: ClassVar = [
            "id", "type", "value", "why", "reason", "created_by", "created_at", "ended_at",
            "end_reason",
        ]  # fmt: skip
        read_only_fields = fields


class ProtectSerializer(serializers.Serializer[Any]):
    """Whom to protect; an account as `platform:name`."""

    type = serializers.ChoiceField(EntityType.choices, default=EntityType.ACCOUNT.value)
    values = serializers.ListField(
        child=serializers.CharField(max_length=MAX_VALUE), min_length=1, max_length=MAX_AT_ONCE
    )
    why = serializers.ChoiceField(ProtectedWhy.choices)
    reason = serializers.CharField(max_length=SHORT)
