"""Shapes of shares and of the ledger in the API."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.api.partner_shapes import slugs
from cases.choices import OutcomeKind, Pap, RecallAnswer, Tlp
from cases.models import Handover, Rendition, Share, SharedNote
from cases.selectors.share import Receiver
from cases.sharing.minimise import TYPES

KINDS: Final = [(one, one) for one in TYPES]
MOST: Final = 2_000


class SharedNoteSerializer(serializers.ModelSerializer[SharedNote]):
    """A note that partners read, as its TLP lets it travel."""

    body = serializers.CharField(max_length=5_000)
    tlp = serializers.ChoiceField(Tlp.choices)
    author = serializers.StringRelatedField[Any](read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = SharedNote
        fields: ClassVar = ["id", "body", "tlp", "author", "created_at"]


class ShareChangeSerializer(serializers.Serializer[Any]):
    """What is shared. Title and summary are written for partners and name no people.

    valid_until: at most 400 days ahead. partners: short names of members of the circle.
    """

    title = serializers.CharField(max_length=120)
    summary = serializers.CharField(max_length=5_000, default="", allow_blank=True)
    tlp = serializers.ChoiceField(Tlp.choices)
    pap = serializers.ChoiceField(Pap.choices, default=Pap.AMBER.value)
    purpose = serializers.CharField(max_length=300)
    valid_until = serializers.DateTimeField()
    partners = slugs()


class NewShareSerializer(ShareChangeSerializer):
    """A share of a case with one circle."""

    circle = serializers.SlugField(max_length=60)


class ConflictSerializer(serializers.Serializer[Any]):
    """What keeps a share here."""

    rule = serializers.CharField()
    sentence = serializers.CharField()
    what = serializers.CharField(allow_blank=True)


class ReceiverSerializer(serializers.Serializer[Any]):
    """A partner and a share. refused: why it does not get it, in words after its name.

    reached_at: when it first got any of it. recall: not reached, unconfirmed (its MISP fetched it),
    delivered, acknowledged, refused; empty before a recall.
    """

    partner = serializers.CharField(source="partner.slug")
    refused = serializers.ListField(child=serializers.CharField())
    reached_at = serializers.SerializerMethodField()
    recall = serializers.SerializerMethodField()
    disabled = serializers.SerializerMethodField()

    def get_reached_at(self, one: Receiver) -> str | None:
        at = one.target.reached_at if one.target else None
        return at.isoformat() if at else None

    def get_recall(self, one: Receiver) -> str:
        target = one.target
        recalled = target is not None and target.approved_id and self.context.get("recalled")
        return target.recall_state if recalled and target else ""

    def get_disabled(self, one: Receiver) -> int | None:
        return one.target.disabled if one.target else None


class ShareSerializer(serializers.ModelSerializer[Share]):
    """A share. revision: being worked on; live: that is out, 0 for none. digest: of the preview."""

    case = serializers.CharField(source="case.ref", read_only=True)
    circle = serializers.CharField(source="circle.slug", read_only=True)
    state = serializers.CharField(read_only=True)
    tlp = serializers.CharField(read_only=True)
    pap = serializers.CharField(read_only=True)
    author = serializers.StringRelatedField[Any](read_only=True)
    approved_by = serializers.StringRelatedField[Any](read_only=True, allow_null=True)
    conflicts = ConflictSerializer(many=True, read_only=True)

    class Meta:
        model = Share
        fields: ClassVar = [
            "id", "case", "circle", "title", "summary", "tlp", "pap", "purpose", "valid_until",
            "state", "revision", "live", "digest", "conflicts", "author", "approved_by",
            "approved_at", "recalled_at", "recall_reason",
        ]  # fmt: skip
        read_only_fields = fields


class HeardSerializer(serializers.Serializer[Any]):
    """What a partner says of a share. times: at least so often, as it rounded."""

    partner = serializers.CharField()
    kind = serializers.CharField(help_text=", ".join(OutcomeKind.values))
    statements = serializers.IntegerField()
    times = serializers.IntegerField()
    newest = serializers.DateTimeField()


class ShareDetailSerializer(ShareSerializer):
    """A share with everybody who gets it or does not, and why; and what partners say of it."""

    receivers = serializers.SerializerMethodField()
    outcomes = serializers.SerializerMethodField()

    class Meta(ShareSerializer.Meta):
        fields: ClassVar = [*ShareSerializer.Meta.fields, "receivers", "outcomes"]
        read_only_fields = fields

    def get_receivers(self, share: Share) -> Any:
        told = {"recalled": share.recalled_at is not None}
        return ReceiverSerializer(self.context["receivers"], many=True, context=told).data

    @extend_schema_field(HeardSerializer(many=True))
    def get_outcomes(self, share: Share) -> Any:
        """By partner and kind."""
        return HeardSerializer(self.context["outcomes"], many=True).data


class FieldFateSerializer(serializers.Serializer[Any]):
    """One field: what is here, what leaves of it, by which rule.
    how: sent, truncated, hmac, dropped.
    """

    about = serializers.CharField()
    field = serializers.CharField()
    how = serializers.CharField()
    rule = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class RenditionSerializer(serializers.ModelSerializer[Rendition]):
    """The exact text that one partner gets; SHA-256 is over its UTF-8 bytes.

    event: the same as a MISP event; null in revisions from before there were any.
    """

    lines = FieldFateSerializer(many=True, read_only=True)
    event = serializers.CharField(source="misp.body", allow_null=True, read_only=True)
    event_sha256 = serializers.CharField(source="misp.sha256", allow_null=True, read_only=True)

    class Meta:
        model = Rendition
        fields: ClassVar = [
            *("revision", "bundle", "sha256", "table", "table_sha256", "event", "event_sha256"),
            "lines",
        ]
        read_only_fields = fields


class DigestSerializer(serializers.Serializer[Any]):
    """The preview that is approved."""

    digest = serializers.RegexField(r"^[0-9a-f]{64}$")


class WhySerializer(serializers.Serializer[Any]):
    """A reason."""

    reason = serializers.CharField(max_length=500)


class RecallAnswerSerializer(serializers.Serializer[Any]):
    """What a partner says to a recall. disabled: copies that are out of use."""

    answer = serializers.ChoiceField(RecallAnswer.choices)
    disabled = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, default=None, allow_null=True
    )
    note = serializers.CharField(max_length=300, default="", allow_blank=True)


class ReceiptSerializer(RecallAnswerSerializer):
    """The same, from the partner itself. share: its number; object: or the id of an object of it.

    signature: base64 of Ed25519 with the pinned key, over the RFC 8785 form of the other members
    that are not empty, and `"format": "abusedesk-receipt/1"`.
    """

    share = serializers.IntegerField(min_value=1, max_value=2**62, required=False)
    object = serializers.CharField(max_length=100, default="", allow_blank=True)
    signature = serializers.CharField(max_length=200, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of share and object."""
        if ("share" in attrs) == bool(attrs["object"]):
            raise serializers.ValidationError({"share": "Name the share or an object of it."})
        return attrs


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    """One line of the ledger. objects: what told of the value that was asked for, and how."""

    partner = serializers.CharField(source="partner.slug", read_only=True)
    circle = serializers.CharField(source="share.circle.slug", read_only=True)
    case = serializers.CharField(source="share.case.ref", read_only=True)
    share = serializers.IntegerField(source="share_id", read_only=True)
    way = serializers.CharField(read_only=True)
    tlp = serializers.CharField(read_only=True)
    actor = serializers.StringRelatedField[Any](read_only=True)
    objects = serializers.SerializerMethodField()

    class Meta:
        model = Handover
        fields: ClassVar = [
            "id", "at", "partner", "circle", "case", "share", "revision", "way", "tlp", "purpose",
            "legal_basis", "agreement", "sha256", "size", "actor", "objects",
        ]  # fmt: skip
        read_only_fields = fields

    def get_objects(self, row: Handover) -> list[str]:
        told: dict[int, list[tuple[str, str]]] | None = self.context.get("told")
        if told is None:
            return list(row.objects_sent)
        return [f"{how} {id}" for id, how in told.get(row.pk, [])]
