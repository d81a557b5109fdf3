"""Shapes of retention rules, plans and holds in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from detectors.models import Hold, PurgeRun, RetentionRule
from detectors.purging.plan import load_months


class RuleSerializer(serializers.ModelSerializer[RetentionRule]):
    """A rule. source: a slug, null for every source; kind: empty for every kind; days: null keeps
    for good. warning: a detector that is on looks further back."""

    serializer_related_field = serializers.SlugRelatedField
    warning = serializers.SerializerMethodField()

    class Meta:
        model = RetentionRule
        fields = ["id", "source", "kind", "days", "number", "created_at", "warning"]
        read_only_fields = ["id", "number", "created_at"]
        extra_kwargs = {"source": {"slug_field": "slug"}}
        validators: list[Any] = []  # a rule for the same signals gives way

    def get_warning(self, rule: RetentionRule) -> str:
        """Why the rule is short, or nothing."""
        return str(self.context["warnings"].get(rule.pk, ""))


class LineSerializer(serializers.Serializer[object]):
    """Signals of one source and kind. fate: goes, held, cited or unread."""

    source_id = serializers.IntegerField(source="source")
    kind = serializers.CharField()
    fate = serializers.CharField()
    signals = serializers.IntegerField()


class MonthSerializer(serializers.Serializer[object]):
    """One month. whole: its partition is dropped; gone: deleted so far."""

    month = serializers.CharField()
    total = serializers.IntegerField()
    whole = serializers.BooleanField()
    goes = serializers.IntegerField()
    freed = serializers.IntegerField()
    gone = serializers.IntegerField()
    lines = LineSerializer(many=True)


class PlanSerializer(serializers.ModelSerializer[PurgeRun]):
    """A verified plan and its purge. gone_*: what is deleted so far."""

    state = serializers.CharField(
        read_only=True, help_text="counting, verified, purging, done or stopped"
    )
    created_by = serializers.StringRelatedField[PurgeRun](read_only=True)
    started_by = serializers.StringRelatedField[PurgeRun](read_only=True, allow_null=True)

    class Meta:
        model = PurgeRun
        fields = [
            "id", "state", "said", "signals", "letters", "held", "cited", "unread", "bytes",
            "digest", "gone_signals", "gone_letters", "gone_mentions", "gone_entities",
            "created_by", "created_at", "verified_at", "started_by", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class PlanDetailSerializer(PlanSerializer):
    """A plan with its counts."""

    months = serializers.SerializerMethodField()

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "months"]
        read_only_fields = fields

    @extend_schema_field(MonthSerializer(many=True))
    def get_months(self, run: PurgeRun) -> Any:
        """Counts by month, source and kind."""
        return MonthSerializer(load_months(run.months), many=True).data


class ConfirmSerializer(serializers.Serializer[object]):
    """The number of signals that was verified, said once more."""

    signals = serializers.IntegerField(min_value=0)


class HoldSerializer(serializers.ModelSerializer[Hold]):
    """A legal hold."""

    created_by = serializers.StringRelatedField[Hold](read_only=True)
    released_by = serializers.StringRelatedField[Hold](read_only=True)

    class Meta:
        model = Hold
        fields = [
            "id", "kind", "target", "reason", "created_by", "created_at",
            "released_by", "released_at", "release_reason",
        ]  # fmt: skip
        read_only_fields = ["id", "created_at", "released_at", "release_reason"]
        validators: list[Any] = []  # the service says what is held already


class ReleaseSerializer(serializers.Serializer[object]):
    """Why a hold ends."""

    reason = serializers.CharField(max_length=500)
