"""Shapes of cases, notes and decisions in the API."""

from __future__ import annotations

from rest_framework import serializers

from cases.choices import ActionKind, Answer, Confidence
from cases.models import Case, Decision, EntityAction, Note
from cases.terms import MAX_DAYS
from detectors.choices import EntityType, Outcome


class CaseRowSerializer(serializers.ModelSerializer[Case]):
    """A case in a list."""

    queue = serializers.SlugRelatedField[Case]("slug", read_only=True)
    claimed_by = serializers.StringRelatedField[Case](read_only=True)
    assignee = serializers.StringRelatedField[Case](read_only=True)

    class Meta:
        model = Case
        fields = [
            "ref", "title", "state", "queue", "severity", "how_sure", "priority", "platforms",
            "reasons", "accounts", "hits", "reports", "new_hits", "regressed", "version",
            "opened_at", "updated_at", "due_at", "closed_at", "snoozed_until", "claimed_by",
            "claim_expires_at", "assignee", "sources", "languages", "providers", "escalating",
            "sla_paused_at",
        ]  # fmt: skip
        read_only_fields = fields


class EventSerializer(serializers.Serializer[object]):
    """One event of a timeline."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    verb = serializers.CharField()
    sentence = serializers.CharField()
    origin = serializers.CharField(help_text="Reference of the case on which it happened")


class ReportSerializer(serializers.Serializer[object]):
    """One report. signal_id: the signal that holds what it said. targets: what it reports."""

    signal_id = serializers.IntegerField()
    reporter = serializers.CharField()
    reason = serializers.CharField()
    reported_at = serializers.DateTimeField()
    targets = serializers.ListField(child=serializers.CharField())


class CaseSerializer(CaseRowSerializer):
    """A case with what it rests on.

    newest_reports: at most 50 of `reports`. contributions: empty where no detector spoke.
    """

    merged_into = serializers.SlugRelatedField[Case]("ref", read_only=True)
    contributions = serializers.DictField(child=serializers.FloatField(), read_only=True)
    newest_reports = ReportSerializer(many=True, read_only=True)
    timeline = EventSerializer(many=True, read_only=True)

    class Meta(CaseRowSerializer.Meta):
        fields = [
            *CaseRowSerializer.Meta.fields,
            "summary", "priority_parts", "merged_into", "contributions", "newest_reports",
            "timeline",
        ]  # fmt: skip
        read_only_fields = fields


class ClaimSerializer(serializers.ModelSerializer[Case]):
    """A claim: decide with `claim_id` before `claim_expires_at`."""

    class Meta:
        model = Case
        fields = ["ref", "state", "version", "claim_id", "claim_expires_at"]
        read_only_fields = fields


class ActSerializer(serializers.Serializer[object]):
    """One action on one entity of the case. days: until it ends by itself; null for never."""

    entity_type = serializers.CharField(max_length=40, default=EntityType.ACCOUNT.value)
    value = serializers.CharField(max_length=4_200, trim_whitespace=False)
    kind = serializers.ChoiceField(choices=ActionKind.choices)
    days = serializers.IntegerField(
        min_value=1, max_value=MAX_DAYS, allow_null=True, required=False
    )


class OpinionSerializer(serializers.Serializer[object]):
    """A verdict with its reason.

    policy: slug of a policy; the version in force is kept. assessment: an answer to each question
    of that version.
    """

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = serializers.CharField(max_length=5_000)
    policy = serializers.SlugField(max_length=60, required=False)
    confidence = serializers.ChoiceField(choices=Confidence.choices, required=False)
    assessment = serializers.DictField(
        child=serializers.ChoiceField(choices=Answer.choices), required=False
    )


class DecideSerializer(OpinionSerializer):
    """A decision to make. key: a UUID of the caller's; sent twice it is one decision."""

    claim_id = serializers.UUIDField()
    actions = ActSerializer(many=True, required=False)
    key = serializers.UUIDField()


class ActionSerializer(serializers.ModelSerializer[EntityAction]):
    """An action of a decision."""

    class Meta:
        model = EntityAction
        fields = ["entity_type", "value", "kind", "until", "reversed_at"]
        read_only_fields = fields


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """A decision that was made."""

    case = serializers.SlugRelatedField[Case]("ref", read_only=True)
    actor = serializers.StringRelatedField[Decision](read_only=True)
    policy = serializers.CharField(
        source="policy_version.slug", read_only=True, allow_null=True, default=None
    )
    policy_version = serializers.IntegerField(
        source="policy_version.number", read_only=True, allow_null=True, default=None
    )
    undone_by = serializers.StringRelatedField[Decision](read_only=True)
    actions = ActionSerializer(many=True, read_only=True)

    class Meta:
        model = Decision
        fields = [
            "id", "case", "actor", "outcome", "reason", "key", "created_at", "policy",
            "policy_version", "confidence", "assessment", "actions", "undone_at", "undone_by",
            "undo_reason", "replaces",
        ]  # fmt: skip
        read_only_fields = fields


class UndoSerializer(serializers.Serializer[object]):
    """Which decision to take back; without an id, the last one."""

    decision = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class NoteSerializer(serializers.ModelSerializer[Note]):
    """An internal note."""

    author = serializers.StringRelatedField[Note](read_only=True)
    body = serializers.CharField(max_length=20_000)

    class Meta:
        model = Note
        fields = ["id", "author", "body", "created_at"]
        read_only_fields = ["id", "author", "created_at"]
