"""Shapes of partners and circles in the API."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rest_framework import serializers

from cases.choices import Tlp
from cases.models import Circle, Organisation, Partner
from cases.sharing.minimise import TYPES

KINDS: Final = [(one, one) for one in TYPES]
MOST: Final = 2_000


def slugs() -> serializers.ListField:
    return serializers.ListField(child=serializers.SlugField(max_length=60), max_length=MOST)


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    """Whose desk this is. identity: of the objects that it makes; key_id: of what it signs."""

    name = serializers.CharField(max_length=120)
    identity = serializers.UUIDField(read_only=True)
    key_id = serializers.CharField(read_only=True)

    class Meta:
        model = Organisation
        fields: ClassVar = ["name", "identity", "key_id"]


class PartnerChangeSerializer(serializers.Serializer[Any]):
    """A partner and the agreement with it. Without purpose and legal basis it gets nothing."""

    title = serializers.CharField(max_length=120)
    contact = serializers.CharField(max_length=200, default="", allow_blank=True)
    tlp_cap = serializers.ChoiceField(Tlp.choices, default=Tlp.AMBER.value)
    types = serializers.ListField(child=serializers.ChoiceField(KINDS), default=list)
    hide_accounts = serializers.BooleanField(default=False)
    knows_tlp_2 = serializers.BooleanField(default=True)
    purpose = serializers.CharField(max_length=300, default="", allow_blank=True)
    legal_basis = serializers.CharField(max_length=300, default="", allow_blank=True)
    agreement = serializers.CharField(max_length=120, default="", allow_blank=True)
    retention_days = serializers.IntegerField(min_value=1, max_value=3_650, default=365)
    ends_on = serializers.DateField(default=None, allow_null=True)
    active = serializers.BooleanField(default=True)


class NewPartnerSerializer(PartnerChangeSerializer):
    """A partner with its short name, which stays."""

    slug = serializers.SlugField(max_length=60)


class PartnerSerializer(serializers.ModelSerializer[Partner]):
    """A partner. agreed: whether purpose and legal basis are written down."""

    agreed = serializers.BooleanField(read_only=True)
    tlp_cap = serializers.CharField(read_only=True)
    types = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Partner
        fields: ClassVar = [
            "slug", "title", "contact", "tlp_cap", "types", "hide_accounts", "knows_tlp_2",
            "purpose", "legal_basis", "agreement", "agreed", "retention_days", "ends_on", "active",
        ]  # fmt: skip
        read_only_fields = fields


class PartnerTokenSerializer(serializers.Serializer[Any]):
    """A token for a partner. days: how long it is valid."""

    name = serializers.CharField(max_length=80)
    days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class IssuedSerializer(serializers.Serializer[Any]):
    """The token, told this once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class CircleChangeSerializer(serializers.Serializer[Any]):
    """A circle. members: short names of partners; who joins gets nothing old by it.

    misp_group: uuid of the sharing group to which TLP:AMBER goes in MISP; empty for none.
    """

    title = serializers.CharField(max_length=120)
    tlp_cap = serializers.ChoiceField(Tlp.choices, default=Tlp.AMBER.value)
    community = serializers.BooleanField(default=False)
    active = serializers.BooleanField(default=True)
    members = slugs()
    misp_group = serializers.CharField(max_length=36, default="", allow_blank=True)


class NewCircleSerializer(CircleChangeSerializer):
    """A circle with its short name, which stays."""

    slug = serializers.SlugField(max_length=60)


class CircleSerializer(serializers.ModelSerializer[Circle]):
    """A circle in a list."""

    members = serializers.IntegerField(source="member_count", read_only=True)
    tlp_cap = serializers.CharField(read_only=True)

    class Meta:
        model = Circle
        fields: ClassVar = [
            *("slug", "title", "tlp_cap", "community", "active", "members", "misp_group"),
        ]
        read_only_fields = fields


class ReachSerializer(serializers.Serializer[Any]):
    """What reaches one member. refused: TLP -> why not, in words after its name."""

    partner = serializers.CharField(source="partner.slug")
    gets = serializers.ListField(child=serializers.CharField())
    refused = serializers.SerializerMethodField()

    def get_refused(self, reach: Any) -> dict[str, list[str]]:
        """By TLP."""
        return dict(reach.refused)


class CircleDetailSerializer(CircleSerializer):
    """A circle with what reaches whom. key_id: of the epoch that runs; no key is ever told."""

    key_id = serializers.SerializerMethodField()
    reach = serializers.SerializerMethodField()

    class Meta(CircleSerializer.Meta):
        fields: ClassVar = [*CircleSerializer.Meta.fields, "key_id", "reach"]
        read_only_fields = fields

    def get_key_id(self, circle: Circle) -> str:
        """Empty before the first one."""
        newest = circle.keys.first()
        return newest.key_id if newest else ""

    def get_reach(self, circle: Circle) -> Any:
        """As the viewer may see it."""
        return ReachSerializer(self.context["reach"], many=True).data
