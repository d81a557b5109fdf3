"""Shapes of answers. Signals on their way in are checked by `schema.py`, not here."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from detectors.models import DeadLetter, DetectorConfig, EntityType, Finding, SavedMapping, Signal


class SignalSerializer(serializers.ModelSerializer[Signal]):
    source = serializers.SlugRelatedField[Signal]("slug", read_only=True)  # type: ignore[assignment]  # DRF names a property so

    class Meta:
        model = Signal
        fields: ClassVar = [
            "id",
            "source",
            "external_id",
            "platform",
            "kind",
            "occurred_at",
            "received_at",
            "actor",
            "text",
            "payload",
        ]


class MentionSerializer(serializers.Serializer[Any]):
    """One entity in a signal: canonical value, and how the sender wrote it."""

    type = serializers.CharField(source="entity.type")
    value = serializers.CharField(source="entity.value")
    role = serializers.CharField()
    raw = serializers.CharField()


class SignalDetailSerializer(SignalSerializer):
    entities = MentionSerializer(many=True, read_only=True)

    class Meta(SignalSerializer.Meta):
        fields: ClassVar = [*SignalSerializer.Meta.fields, "entities"]


class ItemErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class RejectedSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    external_id = serializers.CharField(allow_blank=True)
    errors = ItemErrorSerializer(many=True)  # type: ignore[assignment]  # DRF names a property so


class IngestAnswerSerializer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = RejectedSerializer(many=True)


class AdapterSerializer(serializers.Serializer[Any]):
    """One adapter; `docs/adapters.md` says more."""

    slug = serializers.CharField()
    title = serializers.CharField()
    doc = serializers.CharField()
    media_types = serializers.ListField(child=serializers.CharField())


class DeadLetterSerializer(serializers.ModelSerializer[DeadLetter]):
    source = serializers.SlugRelatedField[DeadLetter]("slug", read_only=True)  # type: ignore[assignment]  # DRF names a property so
    raw = serializers.SerializerMethodField()
    adapter = serializers.CharField(
        read_only=True, help_text="of a foreign payload of which raw is a piece; empty: a signal"
    )
    state = serializers.CharField(read_only=True, help_text="open, replayed or discarded")

    class Meta:
        model = DeadLetter
        fields: ClassVar = [
            "id",
            "source",
            "received_at",
            "position",
            "external_id",
            "raw",
            "truncated",
            "adapter",
            "errors",
            "state",
            "settled_at",
            "reason",
        ]

    def get_raw(self, letter: DeadLetter) -> str:
        return bytes(letter.raw).decode("utf-8", "replace")


class DiscardSerializer(serializers.Serializer[Any]):
    """Why an item is set aside."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class FindingSerializer(serializers.ModelSerializer[Finding]):
    class Meta:
        model = Finding
        fields: ClassVar = [
            "id",
            "uid",
            "detector",
            "version",
            "family",
            "tier",
            "anchor_type",
            "anchor_value",
            "subjects",
            "signal_ids",
            "signal_total",
            "first_at",
            "last_at",
            "llr",
            "score",
            "sentence",
            "values",
            "conditions",
            "falsifiers",
            "flags",
            "revision",
            "status",
        ]


class DetectorConfigSerializer(serializers.ModelSerializer[DetectorConfig]):
    """The configuration in force; `reason` is required for a change."""

    reason = serializers.CharField(max_length=500)
    params = serializers.DictField()
    lost_because = serializers.CharField(
        max_length=500, default="", allow_blank=True, write_only=True,
        help_text="why cases that are kept as tests may be lost; needed where some would be",
    )  # fmt: skip

    class Meta:
        model = DetectorConfig
        fields: ClassVar = [
            "slug", "number", "mode", "params", "reason", "lost_because", "created_at",
        ]  # fmt: skip
        read_only_fields: ClassVar = ["slug", "number", "created_at"]


class DetectorSerializer(serializers.Serializer[Any]):
    """One detector. parameters: JSON schema of each, with bounds, unit and step."""

    slug = serializers.CharField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    family = serializers.CharField()
    doc = serializers.CharField()
    falsifiers = serializers.ListField(child=serializers.CharField())
    parameters = serializers.DictField()
    config = DetectorConfigSerializer(allow_null=True)


class MappingSerializer(serializers.ModelSerializer[SavedMapping]):
    """One version of a mapping; docs/mapping.md says what a `spec` is made of."""

    slug = serializers.CharField(max_length=28, help_text="1 to 28 of a-z, 0-9 and -")
    spec = serializers.DictField()
    address = serializers.SerializerMethodField(help_text="where its payloads go")
    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = SavedMapping
        fields: ClassVar = [
            "slug", "number", "address", "spec", "reason", "created_by", "created_at",
        ]  # fmt: skip
        read_only_fields: ClassVar = ["number", "created_at"]
        validators: ClassVar[list[Any]] = []  # a slug that is known gets its next version

    def get_address(self, saved: SavedMapping) -> str:
        return f"/api/v1/ingest/map:{saved.slug}/"


class EntityTypeSerializer(serializers.ModelSerializer[EntityType]):
    """A type of objects and identifiers that people added."""

    slug = serializers.CharField(max_length=40, help_text="2 to 40 of a-z and 0-9")
    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = EntityType
        fields: ClassVar = ["slug", "label", "meaning", "form", "created_by", "created_at"]
        read_only_fields: ClassVar = ["created_at"]
