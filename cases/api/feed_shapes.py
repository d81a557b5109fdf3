"""Shapes of feeds, inboxes and imported objects in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from abusedesk.core import outbound
from cases.choices import FeedAuth, FeedKind, FeedMode, InboxMode, OpinionWord, Tlp
from cases.models import Feed, FeedEvent, ImportedObject, Inbox
from cases.services.feed import EVERY_MIN, MAX_SECRET
from detectors.intel import terms as rules
from detectors.watching.lines import MAX_SOURCE


class TermsSerializer(serializers.Serializer[Any]):
    """What counts where an object does not say otherwise."""

    trust = serializers.FloatField(min_value=0, max_value=1, default=rules.TRUST)
    confidence = serializers.IntegerField(min_value=0, max_value=100, default=rules.CONFIDENCE)
    tlp = serializers.ChoiceField(Tlp.choices, default=Tlp.CLEAR.value)
    licence = serializers.CharField(max_length=rules.MAX_LICENCE, default="", allow_blank=True)
    days = serializers.IntegerField(
        min_value=rules.MIN_DAYS, max_value=rules.MAX_DAYS, default=rules.DAYS
    )
    partner = serializers.SlugField(max_length=60, default="", allow_blank=True)


class FeedChangeSerializer(TermsSerializer):
    """A feed. url: of the collection, or of the folder of a MISP feed. secret: empty keeps the old
    one; it is never told.
    """

    title = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(FeedKind.choices, default=FeedKind.TAXII.value)
    url = serializers.CharField(max_length=outbound.MAX_URL)
    auth = serializers.ChoiceField(FeedAuth.choices, default=FeedAuth.BEARER.value)
    username = serializers.CharField(max_length=120, default="", allow_blank=True)
    secret = serializers.CharField(
        max_length=MAX_SECRET, default="", allow_blank=True, write_only=True
    )
    mode = serializers.ChoiceField(FeedMode.choices, default=FeedMode.HOLD.value)
    every_min = serializers.IntegerField(min_value=EVERY_MIN[0], max_value=EVERY_MIN[1], default=60)
    active = serializers.BooleanField(default=True)
    desk_url = serializers.CharField(max_length=300, default="", allow_blank=True)
    circle = serializers.CharField(max_length=60, default="", allow_blank=True)
    answers = serializers.BooleanField(default=False)


class NewFeedSerializer(FeedChangeSerializer):
    """A feed with its short name, which stays."""

    slug = serializers.SlugField(max_length=60)


class FeedSerializer(serializers.ModelSerializer[Feed]):
    """A feed and how far it is read. fault: of the last try; paused: why it is read no more."""

    partner = serializers.CharField(source="partner.slug", default="", read_only=True)
    owner = serializers.CharField(source="owner.username", read_only=True)
    kind = serializers.CharField(read_only=True)
    auth = serializers.CharField(read_only=True)
    mode = serializers.CharField(read_only=True)
    tlp = serializers.CharField(read_only=True)

    class Meta:
        model = Feed
        fields: ClassVar = [
            *(
                "slug",
                "title",
                "kind",
                "url",
                "auth",
                "username",
                "partner",
                "trust",
                "confidence",
                "tlp",
            ),
            *("licence", "days", "mode", "every_min", "active", "owner", "desk_url", "circle"),
            *("answers", "answered_to", "due_at", "failures", "paused", "fault", "read_at"),
            *("pages", "taken"),
        ]
        read_only_fields = fields


class FeedEventSerializer(serializers.ModelSerializer[FeedEvent]):
    """An event of a MISP feed that was not kept, and why."""

    class Meta:
        model = FeedEvent
        fields: ClassVar = ["uuid", "fault"]
        read_only_fields = fields


class FeedEventsSerializer(serializers.Serializer[Any]):
    """Events of a MISP feed: in its manifest, still to read, not kept; at most 20 of the last."""

    all = serializers.IntegerField()
    waiting = serializers.IntegerField()
    kept_out = serializers.IntegerField()
    faults = FeedEventSerializer(many=True)


class AcceptedSerializer(serializers.Serializer[Any]):
    """How many imports were accepted."""

    accepted = serializers.IntegerField()


class InboxSerializer(serializers.ModelSerializer[Inbox]):
    """Who may post to a circle. collection: where; takes: what becomes of values.

    lookups: whether members may ask by hash what the desk knows; contact: whom they write to then.
    """

    collection = serializers.UUIDField(read_only=True)
    mode = serializers.ChoiceField(InboxMode.choices)
    takes = serializers.ChoiceField(FeedMode.choices, default=FeedMode.HOLD.value)
    trust = serializers.FloatField(min_value=0, max_value=1, default=rules.TRUST)
    lookups = serializers.BooleanField(default=False)
    contact = serializers.CharField(max_length=120, default="", allow_blank=True)

    class Meta:
        model = Inbox
        fields: ClassVar = ["collection", "mode", "takes", "trust", "lookups", "contact"]


class ImportedObjectSerializer(serializers.ModelSerializer[ImportedObject]):
    """An object of others. pap: what may be done with it, where it says so."""

    partner = serializers.CharField(source="partner.slug", default="", read_only=True)
    tlp = serializers.CharField(read_only=True)
    pap = serializers.CharField(read_only=True)
    opinion = serializers.CharField(read_only=True)

    def get_fields(self) -> dict[str, Any]:
        """`source` is a property of serializers, so it cannot be declared as a field."""
        return {**super().get_fields(), "source": serializers.CharField(read_only=True)}

    class Meta:
        model = ImportedObject
        fields: ClassVar = [
            *("id", "partner", "stix_id", "type", "version", "name", "tlp", "pap", "licence"),
            *("revoked", "received_at", "opinion", "opined_at"),
        ]
        read_only_fields = fields


class ImportedDetailSerializer(ImportedObjectSerializer):
    """With the object as it came."""

    body = serializers.JSONField(read_only=True)

    class Meta(ImportedObjectSerializer.Meta):
        fields: ClassVar = [*ImportedObjectSerializer.Meta.fields, "body", "refs"]
        read_only_fields = fields


class ImportedOpinionSerializer(serializers.Serializer[Any]):
    """What the desk thinks of an object; empty takes back what was said."""

    opinion = serializers.ChoiceField(choices=OpinionWord.choices, allow_blank=True)


class BundleSerializer(TermsSerializer):
    """A STIX bundle or a signed file, as an object; values wait for a person."""

    bundle = serializers.JSONField()

    def get_fields(self) -> dict[str, Any]:
        """`source` is a property of serializers, so it cannot be an attribute of this one."""
        return {"source": serializers.CharField(max_length=MAX_SOURCE), **super().get_fields()}


class TakenSerializer(serializers.Serializer[Any]):
    """What became of each object, in words. signature: what that of the file is worth."""

    signature = serializers.CharField()
    outcomes = serializers.DictField(child=serializers.CharField())
    refused = serializers.DictField(child=serializers.CharField())
