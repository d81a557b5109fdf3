"""A backtest priced in people, over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.selectors.workload import COLUMNS, Workload, workload_of, workload_rows_for
from detectors.selectors.backtest import backtest_by_id


class PricedSerializer(serializers.Serializer[Any]):
    """hours_a_week: cases a day x 7 x handling time."""

    cases = serializers.IntegerField()
    per_day = serializers.FloatField()
    hours_a_week = serializers.FloatField()


class WorkloadSerializer(serializers.Serializer[Any]):
    """late: cases that the proposal makes late; null: not known.

    handling_n: decisions behind the handling time; below 20 it is assumed.
    """

    current = PricedSerializer()
    proposed = PricedSerializer()
    handling_s = serializers.FloatField(source="handling.seconds")
    handling_n = serializers.IntegerField(source="handling.n")
    capacity = serializers.FloatField(allow_null=True)
    late = serializers.IntegerField(allow_null=True)
    sla_hours = serializers.IntegerField()
    rows = serializers.ListField(child=serializers.DictField())


@extend_schema_view(get=extend_schema(responses={200: WorkloadSerializer, **problems(404)}))
class WorkloadView(Endpoint):
    """What the cases of a finished backtest cost in hours of reviewers."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request, slug: str, backtest_id: int) -> Response:
        """Both sides, and every case to count again."""
        viewer = caller(request)
        run = backtest_by_id(backtest_id, viewer, slug)
        told = workload_of(run, viewer)
        if told is None:
            message = "This backtest is not done, or you see no cases."
            raise NotFoundError(message)
        return Response(WorkloadSerializer(_plain(told, workload_rows_for(viewer, run))).data)


def _plain(told: Workload, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "current": told.current,
        "proposed": told.proposed,
        "handling": told.handling,
        "capacity": told.capacity,
        "late": told.late,
        "sla_hours": told.sla_hours,
        "rows": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
    }
