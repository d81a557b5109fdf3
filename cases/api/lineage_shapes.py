"""Shapes of mergers, cuts and proposals in the API."""

from __future__ import annotations

from rest_framework import serializers

from cases.models import CaseLineage
from cases.proposals import reason_of
from detectors.choices import ProposalKind
from detectors.models import Proposal
from detectors.services.apart import MAX_SIDE

ACCOUNT = 242


class LineageSerializer(serializers.ModelSerializer[CaseLineage]):
    """A merger of `other` into `case`, or a split of `other` off `case`."""

    case = serializers.SlugRelatedField[CaseLineage]("ref", read_only=True)
    other = serializers.SlugRelatedField[CaseLineage]("ref", read_only=True, allow_null=True)
    actor = serializers.StringRelatedField[CaseLineage](read_only=True)
    undone_by = serializers.StringRelatedField[CaseLineage](read_only=True)

    class Meta:
        model = CaseLineage
        fields = ["id", "kind", "case", "other", "reason", "actor", "at", "undone_at", "undone_by"]
        read_only_fields = fields


class UnionSerializer(serializers.Serializer[object]):
    """What a merger would make. common: accounts of both. conflicts: empty where it can be made."""

    accounts = serializers.ListField(child=serializers.CharField())
    common = serializers.ListField(child=serializers.CharField())
    hits = serializers.IntegerField()
    conflicts = serializers.ListField(child=serializers.CharField())


class MergeSerializer(serializers.Serializer[object]):
    """Which case goes into this one, and why."""

    other = serializers.CharField(max_length=20)
    reason = serializers.CharField(max_length=500)


class SidesSerializer(serializers.Serializer[object]):
    """Accounts as `platform:name`. right: all other members where none are named."""

    left = serializers.ListField(
        child=serializers.CharField(max_length=ACCOUNT), min_length=1, max_length=MAX_SIDE
    )
    right = serializers.ListField(
        child=serializers.CharField(max_length=ACCOUNT), max_length=MAX_SIDE, required=False
    )


class CutSerializer(SidesSerializer):
    """Two sides that do not belong together, and why."""

    reason = serializers.CharField(max_length=500)


class LetGoSerializer(serializers.Serializer[object]):
    """Accounts of the case's `faded`. reason: why, unless it is that their evidence has faded."""

    accounts = serializers.ListField(
        child=serializers.CharField(max_length=ACCOUNT), min_length=1, max_length=MAX_SIDE
    )
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class PartSerializer(serializers.Serializer[object]):
    """One part. opens: strong enough for a case of its own."""

    accounts = serializers.ListField(child=serializers.CharField())
    p = serializers.FloatField()
    families = serializers.ListField(child=serializers.CharField())
    opens = serializers.BooleanField()


class PreviewSerializer(serializers.Serializer[object]):
    """What a cut would leave. loose: accounts in no part."""

    splits = serializers.BooleanField()
    parts = PartSerializer(many=True)
    loose = serializers.ListField(child=serializers.CharField())


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """Merge `other` into `case`, or split `part` off `case`."""

    case = serializers.CharField(source="campaign.case_link.case.ref")
    other = serializers.CharField(source="other.case_link.case.ref", default=None)
    why = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=ProposalKind.choices)

    class Meta:
        model = Proposal
        fields = ["id", "kind", "case", "other", "part", "bridges", "families", "why", "created_at"]
        read_only_fields = fields

    def get_why(self, row: Proposal) -> str:
        """The reason in a sentence."""
        return reason_of(row)


class AnswerSerializer(serializers.Serializer[object]):
    """Yes or no."""

    accept = serializers.BooleanField()
