"""Shapes of cases, notes and decisions in the API."""

from __future__ import annotations

from rest_framework import serializers

from cases.models import Case, Decision, Note
from detectors.choices import Outcome


class CaseRowSerializer(serializers.ModelSerializer[Case]):
    """A case in a list."""

    queue = serializers.SlugRelatedField[Case]("slug", read_only=True)
    claimed_by = serializers.StringRelatedField[Case](read_only=True)

    class Meta:
        model = Case
        fields = [
            "ref", "title", "state", "queue", "severity", "how_sure", "calibrated",
            "priority", "platforms", "reasons", "accounts", "hits", "reports", "new_hits",
            "regressed", "version", "opened_at", "updated_at", "due_at", "closed_at",
            "snoozed_until", "claimed_by", "claim_expires_at",
        ]  # fmt: skip
        read_only_fields = fields


class EventSerializer(serializers.Serializer[object]):
    """One event of a timeline."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    verb = serializers.CharField()
    sentence = serializers.CharField()


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


class DecideSerializer(serializers.Serializer[object]):
    """A decision to make. key: a UUID of the caller's; sent twice it is one decision."""

    claim_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = serializers.CharField(max_length=5_000)
    key = serializers.UUIDField()


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """A decision that was made."""

    case = serializers.SlugRelatedField[Case]("ref", read_only=True)
    actor = serializers.StringRelatedField[Decision](read_only=True)

    class Meta:
        model = Decision
        fields = ["id", "case", "actor", "outcome", "reason", "key", "created_at", "undone_at"]
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
