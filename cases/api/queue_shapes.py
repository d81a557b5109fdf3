"""Shapes of queues, routing rules, shifts and assignment in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from cases.models import Queue, RoutingRule, Shift
from cases.policy import HIDEABLE
from cases.selectors.queue import LAST, LAST_MOST


class QueueChangeSerializer(serializers.ModelSerializer[Queue]):
    """Settings of a queue. people: user names. hidden_actions: what nobody may do here."""

    people = serializers.SlugRelatedField[Any]("username", many=True, read_only=True)
    hidden_actions = serializers.MultipleChoiceField(choices=list(HIDEABLE), required=False)

    class Meta:
        model = Queue
        fields = [
            "title", "sla_hours", "roles", "people", "hidden_actions", "assign", "skill",
            "sla_pauses", "escalate_late", "golden_percent",
        ]  # fmt: skip

    def to_internal_value(self, data: Any) -> Any:
        """People come as names, and are found by the endpoint."""
        said = super().to_internal_value(data)
        if isinstance(data, dict) and "people" in data:
            names = serializers.ListField(child=serializers.CharField(), max_length=500)
            said["people"] = names.run_validation(data["people"])
        return said

    def to_representation(self, instance: Queue) -> Any:
        """Lists in an order that stays."""
        shown = super().to_representation(instance)
        shown["hidden_actions"] = sorted(shown["hidden_actions"])
        return shown


class QueueSerializer(QueueChangeSerializer):
    """A queue with its slug, which stays."""

    class Meta(QueueChangeSerializer.Meta):
        fields = ["slug", *QueueChangeSerializer.Meta.fields]
        extra_kwargs: ClassVar[dict[str, Any]] = {"slug": {"validators": []}}  # the service checks


class QueueCountSerializer(serializers.Serializer[object]):
    """A queue in numbers. at_risk: late, or the last quarter of its service level runs.

    Counts are exact up to 10,000; 10,001 says that there are more.
    """

    slug = serializers.CharField()
    title = serializers.CharField()
    sla_hours = serializers.IntegerField()
    open = serializers.IntegerField()
    escalated = serializers.IntegerField()
    snoozed = serializers.IntegerField()
    closed = serializers.IntegerField()
    regressed = serializers.IntegerField()
    late = serializers.IntegerField()
    at_risk = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)


class RouteSerializer(serializers.ModelSerializer[RoutingRule]):
    """A rule. query: in the filter language; queue: a slug; position: place in the order."""

    queue = serializers.SlugField(source="queue.slug")
    name = serializers.CharField(max_length=80)

    class Meta:
        model = RoutingRule
        fields = ["id", "name", "query", "queue", "active", "position"]
        read_only_fields = ["id", "position"]


class OrderSerializer(serializers.Serializer[object]):
    """Ids of all rules in their order."""

    order = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=200)


class TrialRequestSerializer(serializers.Serializer[object]):
    """What to try. instead_of: id of the rule that it would replace; else it is the last one."""

    query = serializers.CharField(max_length=2_000)
    instead_of = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    last = serializers.IntegerField(default=LAST, min_value=1, max_value=LAST_MOST)


class TrialCaseSerializer(serializers.Serializer[object]):
    """A case that the rule would take, and where it is."""

    ref = serializers.CharField()
    title = serializers.CharField()
    queue = serializers.CharField(source="queue.slug")


class EarlierSerializer(serializers.Serializer[object]):
    """An earlier rule that takes some of the cases first."""

    rule = serializers.CharField()
    cases = serializers.IntegerField()


class TrialSerializer(serializers.Serializer[object]):
    """looked: cases asked; matched: for which it holds; taken: those that no earlier rule takes."""

    looked = serializers.IntegerField()
    matched = serializers.IntegerField()
    taken = TrialCaseSerializer(many=True)
    elsewhere = EarlierSerializer(many=True)


class ShiftSerializer(serializers.ModelSerializer[Shift]):
    """days: 0 is Monday. start_min, end_min: minutes of the day in `zone`; equal: all day."""

    class Meta:
        model = Shift
        fields = ["days", "start_min", "end_min", "zone", "capacity", "skills", "away_until"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"skills": {"required": False}}


class AssignSerializer(serializers.Serializer[object]):
    """For whom the case waits: a user name, null for nobody."""

    assignee = serializers.CharField(max_length=150, allow_null=True)


class MoveSerializer(serializers.Serializer[object]):
    """Where a case goes, and why."""

    queue = serializers.SlugField()
    reason = serializers.CharField(max_length=500)


class SnoozeSerializer(serializers.Serializer[object]):
    """How long a case stays away."""

    until = serializers.DateTimeField()
    until_escalates = serializers.BooleanField(default=False)
