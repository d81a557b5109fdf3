"""Shapes of own patterns in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from cases.api.partner_shapes import slugs
from cases.api.sharing_shapes import ConflictSerializer
from cases.choices import Pap, Tlp
from cases.models import Pattern, PatternHandover
from cases.sharing.patterns import wire
from cases.sharing.patterns.offering import LICENCE


class PatternChangeSerializer(serializers.Serializer[Any]):
    """What is said of a pattern. The text is that of the rule in force.

    tests: made-up signals with the groups of accounts that have to be found. parameters: what
    partners may tune; null: the number that the rule has to reach. derived_from: ids of received
    patterns. valid_until: at most 400 days ahead.
    """

    title = serializers.CharField(max_length=120)
    summary = serializers.CharField(max_length=2_000, default="", allow_blank=True)
    tlp = serializers.ChoiceField(Tlp.choices, default=Tlp.GREEN.value)
    pap = serializers.ChoiceField(Pap.choices, default=Pap.AMBER.value)
    licence = serializers.CharField(max_length=60, default=LICENCE)
    purpose = serializers.CharField(max_length=300)
    lifetime_days = serializers.IntegerField(min_value=1, max_value=3_650, default=180)
    valid_until = serializers.DateTimeField()
    partners = slugs()
    tests = serializers.ListField(
        child=serializers.DictField(), default=list, max_length=wire.MAX_VECTORS
    )
    parameters = serializers.DictField(child=serializers.DictField(), default=None, allow_null=True)
    derived_from = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), default=list,
        max_length=20,
    )  # fmt: skip


class NewPatternSerializer(PatternChangeSerializer):
    """A rule or detector for one circle. name: after that of the organisation; it stays."""

    detector = serializers.SlugField(max_length=60)
    circle = serializers.SlugField(max_length=60)
    name = serializers.SlugField(max_length=60, default="", allow_blank=True)


class PatternSerializer(serializers.ModelSerializer[Pattern]):
    """An own pattern in a list."""

    circle = serializers.SlugRelatedField[Any]("slug", read_only=True)
    author = serializers.StringRelatedField[Any](read_only=True)
    tlp = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    detector = serializers.CharField(source="slug", read_only=True)
    expired = serializers.BooleanField(source="is_over", read_only=True)

    class Meta:
        model = Pattern
        fields: ClassVar = [
            "id", "key", "stix_id", "detector", "circle", "title", "tlp", "state", "revision",
            "live", "valid_until", "expired", "author",
        ]  # fmt: skip
        read_only_fields = fields


class PatternReceiverSerializer(serializers.Serializer[Any]):
    """Whether a partner gets it. refused: in words after its name."""

    partner = serializers.CharField(source="partner.slug")
    named = serializers.BooleanField()
    refused = serializers.ListField(child=serializers.CharField())
    had = serializers.IntegerField()
    reached_at = serializers.DateTimeField(allow_null=True)


class PatternFaresSerializer(serializers.Serializer[Any]):
    """How a revision fares with partners: floors, never exact counts."""

    revision = serializers.IntegerField()
    imported = serializers.IntegerField()
    enabled = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    false = serializers.IntegerField()
    disputed = serializers.BooleanField()


class PatternDetailSerializer(PatternSerializer):
    """An own pattern with all that leaves. lines: every value. digest: what an approval names."""

    summary = serializers.CharField(read_only=True)
    conflicts = ConflictSerializer(many=True, read_only=True)
    receivers = serializers.SerializerMethodField()
    fares = serializers.SerializerMethodField()
    tests = serializers.JSONField(read_only=True)
    tested = serializers.JSONField(read_only=True)
    parameters = serializers.JSONField(read_only=True)
    expected = serializers.JSONField(read_only=True)
    lineage = serializers.JSONField(read_only=True)
    lines = serializers.JSONField(read_only=True)

    class Meta(PatternSerializer.Meta):
        fields: ClassVar = [
            *PatternSerializer.Meta.fields, "summary", "purpose", "licence", "pap", "pattern_type",
            "text", "parameters", "tests", "tested", "expected", "lineage", "backtest", "conflicts",
            "lines", "bundle", "digest", "receivers", "fares", "revoke_reason",
        ]  # fmt: skip
        read_only_fields = fields

    def get_receivers(self, row: Pattern) -> Any:
        """As the viewer may see them."""
        return PatternReceiverSerializer(self.context["receivers"], many=True).data

    def get_fares(self, row: Pattern) -> Any:
        """Newest revision first."""
        return PatternFaresSerializer(self.context["fares"], many=True).data


class PatternStepSerializer(serializers.Serializer[Any]):
    """What a step needs. digest: of `approve`. reason: of `refuse` and `revoke`."""

    digest = serializers.CharField(max_length=64, default="", allow_blank=True)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class PatternHandoverSerializer(serializers.ModelSerializer[PatternHandover]):
    """One time that a pattern reached a partner."""

    partner = serializers.SlugRelatedField[Any]("slug", read_only=True)
    pattern = serializers.CharField(source="release.pattern.key", read_only=True)
    revision = serializers.IntegerField(source="release.revision", read_only=True)
    revoked = serializers.BooleanField(source="release.revoked", read_only=True)
    actor = serializers.StringRelatedField[Any](read_only=True)
    way = serializers.CharField(read_only=True)
    tlp = serializers.CharField(read_only=True)

    class Meta:
        model = PatternHandover
        fields: ClassVar = [
            "at", "partner", "pattern", "revision", "revoked", "way", "tlp", "purpose",
            "legal_basis", "agreement", "sha256", "size", "actor",
        ]  # fmt: skip
        read_only_fields = fields
