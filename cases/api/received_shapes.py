"""Shapes of partners' patterns in the API, of their keys, and of counts of outcomes."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from cases.choices import KeyUse
from cases.models import OutcomeSent, PartnerKey, ReceivedPattern
from cases.selectors.received import Told
from cases.sharing.patterns import wire


class ReceivedSerializer(serializers.ModelSerializer[ReceivedPattern]):
    """A partner's pattern in a list. why: what it waits for, or why it stands still."""

    partner = serializers.SlugRelatedField[Any]("slug", read_only=True)
    tlp = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    expired = serializers.BooleanField(source="is_over", read_only=True)
    lacks = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ReceivedPattern
        fields: ClassVar = [
            "id", "partner", "key", "stix_id", "revision", "title", "tlp", "state", "why",
            "verified", "key_id", "lacks", "valid_until", "expired", "received_at",
        ]  # fmt: skip
        read_only_fields = fields


class WayStepSerializer(serializers.Serializer[Any]):
    """One step of the way. open: it can be taken now; why: why it cannot."""

    name = serializers.CharField()
    title = serializers.CharField()
    done = serializers.BooleanField()
    open = serializers.BooleanField()
    why = serializers.CharField(allow_blank=True)


class ReceivedDetailSerializer(ReceivedSerializer):
    """A partner's pattern with what it says and how far it is.

    detector: slug of its rule; mode: as that is now. a_day: findings a day of the backtest.
    """

    detector = serializers.CharField(source="slug", read_only=True)
    values = serializers.JSONField(read_only=True)
    tested = serializers.JSONField(read_only=True)
    indicator = serializers.JSONField(read_only=True)
    mode = serializers.SerializerMethodField()
    fingerprint = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    a_day = serializers.SerializerMethodField()
    draft = serializers.SerializerMethodField()

    class Meta(ReceivedSerializer.Meta):
        fields: ClassVar = [
            *ReceivedSerializer.Meta.fields, "detector", "mode", "fingerprint", "steps", "text",
            "values", "tested", "backtest", "a_day", "draft", "paused", "final", "tells_back",
            "shadow_at", "enabled_at", "indicator",
        ]  # fmt: skip
        read_only_fields = fields

    def get_mode(self, row: ReceivedPattern) -> str:
        """Off, shadow or live; empty without a rule."""
        return self._told.mode

    def get_fingerprint(self, row: ReceivedPattern) -> str:
        """Of the key, where a person compared it."""
        return self._told.fingerprint

    def get_steps(self, row: ReceivedPattern) -> Any:
        """In their order."""
        return WayStepSerializer(self._told.steps, many=True).data

    def get_text(self, row: ReceivedPattern) -> str:
        """The pattern as it runs here."""
        return self._told.text

    def get_a_day(self, row: ReceivedPattern) -> float | None:
        """Null before the backtest is done."""
        return self._told.a_day

    def get_draft(self, row: ReceivedPattern) -> int | None:
        """The draft that waits for a second person."""
        return self._told.draft.pk if self._told.draft else None

    @property
    def _told(self) -> Told:
        told: Told = self.context["told"]
        return told


class PatternUploadSerializer(serializers.Serializer[Any]):
    """What a partner sent. file: a signed file or a bundle, as the text that it is."""

    partner = serializers.SlugField(max_length=60)
    file = serializers.CharField(max_length=wire.MAX_BYTES, trim_whitespace=False)


class PatternsTakenSerializer(serializers.Serializer[Any]):
    """What became of it."""

    received = serializers.ListField(child=serializers.IntegerField())
    known = serializers.IntegerField()
    paused = serializers.IntegerField()
    outcomes = serializers.IntegerField()
    passed_over = serializers.IntegerField()


class ReceivedStepSerializer(serializers.Serializer[Any]):
    """What a step needs. values: of `accept`; days: of `backtest`; reason: of `enable`, `refuse`;
    tells: of `tell`."""

    values = serializers.DictField(child=serializers.FloatField(), default=dict)
    days = serializers.IntegerField(min_value=1, max_value=366, default=30)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)
    tells = serializers.BooleanField(default=False)


class PartnerKeySerializer(serializers.ModelSerializer[PartnerKey]):
    """A key of a partner. public, fingerprint: written only; the digits on another way.

    use: it signs patterns, files and receipts, or keys of circles are sealed to it. compared: no
    for one that was pinned without its fingerprint; it signs no patterns.
    """

    use = serializers.ChoiceField(choices=KeyUse.choices, default=KeyUse.SIGN)
    public = serializers.CharField(max_length=4_000, write_only=True)
    fingerprint = serializers.CharField(max_length=200, write_only=True)
    key_id = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    pinned_by = serializers.StringRelatedField[Any](read_only=True)

    class Meta:
        model = PartnerKey
        fields: ClassVar = [
            "key_id", "use", "state", "compared", "identity", "pinned_by", "pinned_at",
            "withdrawn_at", "public", "fingerprint",
        ]  # fmt: skip
        read_only_fields: ClassVar = ["compared", "identity", "pinned_at", "withdrawn_at"]


class OutcomeSerializer(serializers.ModelSerializer[OutcomeSent]):
    """What was counted of one week. floor: at least so many; 0: nothing is told."""

    class Meta:
        model = OutcomeSent
        fields: ClassVar = ["kind", "monday", "floor", "made_at"]
        read_only_fields = fields
