"""A finding scored again over REST, with or without supposing another signal."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from detectors.schema import MAX_TEXT_BYTES
from detectors.selectors.recompute import Change, rescored_by_id

MAX_CHANGES = 100


class ChangeSerializer(serializers.Serializer[Any]):
    """What is supposed of one cited signal; what is left out stays as it is."""

    signal = serializers.IntegerField(min_value=1)
    leave_out = serializers.BooleanField(default=False)
    occurred_at = serializers.DateTimeField(required=False)
    text = serializers.CharField(required=False, allow_blank=True, max_length=MAX_TEXT_BYTES)
    actor = serializers.CharField(required=False, allow_blank=True, max_length=200)


class ChangesSerializer(serializers.Serializer[Any]):
    changes = serializers.ListField(
        child=ChangeSerializer(), required=False, max_length=MAX_CHANGES
    )


class ScoreSerializer(serializers.Serializer[Any]):
    score = serializers.FloatField(allow_null=True)
    llr = serializers.FloatField()
    subjects = serializers.ListField(child=serializers.CharField())


class RecomputedSerializer(serializers.Serializer[Any]):
    """again: null when the finding does not hold. why_not: why it cannot be scored again."""

    finding = serializers.IntegerField(source="finding.pk")
    same = serializers.BooleanField()
    stored = ScoreSerializer()
    again = ScoreSerializer(allow_null=True)
    why_not = serializers.CharField(allow_blank=True)
    missing = serializers.IntegerField()


@extend_schema_view(
    post=extend_schema(
        request=ChangesSerializer, responses={200: RecomputedSerializer, **problems(400, 404)}
    ),
)
class RecomputeView(Endpoint):
    """Scores a finding again from its record and the signals it cites. Stores nothing."""

    scopes: ClassVar = {"POST": Scope.READ}

    def post(self, request: Request, finding_id: int) -> Response:
        """Score it again."""
        form = ChangesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        changes = {one["signal"]: _change(one) for one in form.validated_data.get("changes", [])}
        found = rescored_by_id(finding_id, caller(request), changes)
        return Response(RecomputedSerializer(found).data)


def _change(told: dict[str, Any]) -> Change:
    at = told.get("occurred_at")
    return Change(
        leave_out=told["leave_out"],
        at=at.timestamp() if at is not None else None,
        text=told.get("text"),
        actor=told.get("actor"),
    )
