"""Shapes of what desks ask each other."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.services.override import MOST_DAYS
from cases.sharing.conflicts import OVERRIDABLE


class CircleKeySerializer(serializers.Serializer[Any]):
    """One epoch. sealed: the key for X25519 of the caller, bound to key_id."""

    key_id = serializers.CharField()
    begins_at = serializers.CharField()
    sealed = serializers.CharField()


class CircleKeysSerializer(serializers.Serializer[Any]):
    """The last two epochs, the newest first."""

    circle = serializers.CharField()
    epoch_days = serializers.IntegerField()
    keys = CircleKeySerializer(many=True)


class LookupsSerializer(serializers.Serializer[Any]):
    """size: entries of every answer. digits: type -> length of its prefix; 0: the word `any`.

    key_id: under which these prefixes are; keys: all under which members are answered.
    """

    key_id = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField())
    size = serializers.IntegerField()
    digits = serializers.DictField(child=serializers.IntegerField())


class AskSerializer(serializers.Serializer[Any]):
    """A thing of the desk's own, by its id."""

    entity = serializers.IntegerField(min_value=1, max_value=2**62)


class AskedSerializer(serializers.Serializer[Any]):
    """What one desk says. known: in words, empty when it does not know it; fault: no answer."""

    feed = serializers.CharField(source="feed.slug")
    known = serializers.CharField()
    contact = serializers.CharField()
    fault = serializers.CharField()


class AnsweredSerializer(serializers.Serializer[Any]):
    """How many sightings left."""

    sightings = serializers.IntegerField()


class OverrideSerializer(serializers.Serializer[Any]):
    """rule, what: of the conflict, as the share tells it."""

    rule = serializers.ChoiceField([(one, one) for one in sorted(OVERRIDABLE)])
    what = serializers.CharField(max_length=5_000, default="", allow_blank=True)
    reason = serializers.CharField(max_length=500)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS)
