"""Shapes of the graph of a case in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.models import CaseAddition
from cases.selectors.reach import Touched


class AdditionSerializer(serializers.ModelSerializer[CaseAddition]):
    """Something that a person added: an account is a member, anything else is evidence."""

    added_by = serializers.StringRelatedField[CaseAddition](read_only=True)

    class Meta:
        model = CaseAddition
        fields = ["id", "type", "value", "reason", "added_by", "added_at"]
        read_only_fields = fields


class NewAdditionSerializer(serializers.Serializer[object]):
    """What belongs to the case, and why: an entity by its id, or by type and any spelling."""

    entity = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    type = serializers.CharField(max_length=40, required=False)
    value = serializers.CharField(max_length=4_200, required=False)
    reason = serializers.CharField(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One way to name it."""
        if "entity" not in attrs and not {"type", "value"} <= attrs.keys():
            message = "Name an entity by its id, or by type and value."
            raise serializers.ValidationError({"entity": message})
        return attrs


class TouchedSerializer(serializers.Serializer[Touched]):
    """Something in the same signals. signals: in how many of the node's newest 500.

    accounts: how many share it, of them `inside` are in the case; null for an account. cases: other
    cases that name it.
    """

    id = serializers.IntegerField()
    type = serializers.CharField()
    value = serializers.CharField()
    signals = serializers.IntegerField()
    reason = serializers.CharField()
    accounts = serializers.IntegerField(allow_null=True)
    inside = serializers.IntegerField()
    in_case = serializers.BooleanField(source="belongs")
    cases = serializers.ListField(child=serializers.CharField(), source="refs")


class ReachSerializer(serializers.Serializer[object]):
    """One node of the graph with what it touches, the most frequent first.

    more: it has more than 500 signals; `things` speaks of the newest.
    """

    id = serializers.IntegerField(source="entity.pk")
    type = serializers.CharField(source="entity.type")
    value = serializers.CharField(source="entity.value")
    in_case = serializers.BooleanField(source="belongs")
    addition = AdditionSerializer(allow_null=True)
    things = TouchedSerializer(many=True)
    more = serializers.BooleanField()
