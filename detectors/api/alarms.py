"""Alarms of detectors over REST."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import ListEndpoint, problems
from detectors.models import DetectorAlarm
from detectors.selectors.alarm import alarms_for

STATES = ("open", "all")


class DetectorAlarmSerializer(serializers.ModelSerializer[DetectorAlarm]):
    """counted: findings of the hour, or hours of silence. source_slug: null at all signals."""

    source_slug = serializers.CharField(source="source.slug", default=None, read_only=True)
    what = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = DetectorAlarm
        fields = (
            "id", "detector", "kind", "source_slug", "what", "counted", "expected", "raised_at",
            "ended_at",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    get=extend_schema(
        parameters=[OpenApiParameter("state", enum=STATES)],
        responses={200: DetectorAlarmSerializer, **problems(400)},
    )
)
class DetectorAlarmsView(ListModelMixin, ListEndpoint):
    """Detectors that run wild or fell silent, newest first."""

    scopes: ClassVar = {"GET": Scope.READ}
    queryset = DetectorAlarm.objects.none()
    serializer_class = DetectorAlarmSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[DetectorAlarm]:
        """Those that are not over, or all."""
        state = self.request.query_params.get("state", STATES[0])
        if state not in STATES:
            message = f"Use one of {', '.join(STATES)}."
            raise serializers.ValidationError({"state": message})
        rows = alarms_for(self.viewer)
        return rows if state == "all" else rows.filter(ended_at=None)

    def get(self, request: Request) -> Response:
        """Alarms, newest first."""
        return self.list(request)
