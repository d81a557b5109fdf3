"""A moved threshold over REST: what stored findings and cases it would cost."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from detectors.selectors.what_if import WhatIf, what_if_for

MAX_NAME = 200


class BinSerializer(serializers.Serializer[Any]):
    """counts: findings by outcome: abuse, benign, undecided."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    counts = serializers.DictField(child=serializers.IntegerField())


class QuantitySerializer(serializers.Serializer[Any]):
    """One condition. limit: what is in force. parameter: what sets it, empty where unknown."""

    name = serializers.CharField()
    op = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    limit = serializers.FloatField()
    parameter = serializers.CharField(allow_blank=True)
    low = serializers.FloatField()
    high = serializers.FloatField()
    step = serializers.FloatField()


class WhatIfSerializer(serializers.Serializer[Any]):
    """lost, gained: ids of findings, those that weigh most; their totals beside them.

    What falls short of a threshold is not stored: gained findings come from `backtests` that tried
    nothing but a looser value; without any, `gained_is_known` is false.
    """

    quantity = QuantitySerializer(allow_null=True)
    choices = QuantitySerializer(many=True)
    at = serializers.FloatField()
    stored = serializers.IntegerField()
    stays = serializers.IntegerField()
    lost_total = serializers.IntegerField()
    lost = serializers.ListField(child=serializers.IntegerField())
    gained_total = serializers.IntegerField()
    gained_is_known = serializers.BooleanField()
    backtests = serializers.ListField(child=serializers.IntegerField())
    lost_campaigns = serializers.ListField(child=serializers.DictField())
    histogram = BinSerializer(many=True)


@extend_schema_view(
    get=extend_schema(
        parameters=[
            OpenApiParameter("by", str, description="name of the condition"),
            OpenApiParameter("at", float, description="the threshold; without it the one in force"),
        ],
        responses={200: WhatIfSerializer, **problems(400, 404)},
    )
)
class WhatIfView(Endpoint):
    """What another threshold would keep and lose of stored findings. It changes nothing."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request, slug: str) -> Response:
        """Findings that stay, are lost and are gained, and the cases that would be lost."""
        by = request.query_params.get("by", "").replace("\x00", "")[:MAX_NAME]
        told = what_if_for(caller(request), slug, by, _at(request))
        return Response(WhatIfSerializer(_plain(told)).data)


def _plain(told: WhatIf) -> dict[str, Any]:
    quantity = told.quantity
    looser = quantity is not None and quantity.looser(told.at)
    return {
        "quantity": quantity,
        "choices": told.choices,
        "at": told.at,
        "stored": told.stored,
        "stays": told.stays,
        "lost_total": told.lost,
        "lost": [one.pk for one in told.lost_findings],
        "gained_total": told.gained,
        "gained_is_known": bool(told.runs) or not looser,
        "backtests": [one.pk for one in told.runs],
        "lost_campaigns": told.lost_campaigns,
        "histogram": told.bins,
    }


def _at(request: Request) -> float | None:
    if "at" not in request.query_params:
        return None
    field = serializers.FloatField(min_value=-1e15, max_value=1e15)
    try:
        return float(field.run_validation(request.query_params["at"]))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"at": error.detail}) from error
