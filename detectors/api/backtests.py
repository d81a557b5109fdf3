"""Backtests over REST: settings tried on stored history, and what they would change."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.choices import Change
from detectors.models import Backtest, BacktestFinding
from detectors.selectors.backtest import backtest_by_id, backtests_for, changes_of
from detectors.selectors.config import detector_by_slug
from detectors.services.backtest import cancel_backtest, start_backtest
from detectors.sweeping import LEAST_VALUES, MAX_VALUES, Sweep

MAX_SOURCES = 100


class InOrder(KeysetPagination):
    """As they were stored: by change, those that weigh most first."""

    ordering = "id"


class SweepSerializer(serializers.Serializer[Any]):
    """Values of one parameter to try in one run, in place of `params`."""

    parameter = serializers.CharField(max_length=60)
    values = serializers.ListField(
        child=serializers.FloatField(), min_length=LEAST_VALUES, max_length=MAX_VALUES
    )


class BacktestRequestSerializer(serializers.Serializer[Any]):
    """params: what is left out is at its default. sources: ids; none: the signals of all.

    stream: slug of a time-line; without it the live one, or the newest import where that is empty.
    """

    params = serializers.DictField(default=dict)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    sources = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=MAX_SOURCES, default=list
    )
    stream = serializers.SlugField(max_length=60, default="", source="line")
    sweep = SweepSerializer(default=None, allow_null=True)

    def validate_sweep(self, told: dict[str, Any] | None) -> Sweep | None:
        """As the service takes it."""
        return Sweep(told["parameter"], told["values"]) if told else None


class BacktestSerializer(serializers.ModelSerializer[Backtest]):
    """share: how far it is, 0..1. result: empty until it is done."""

    detector = serializers.SlugField(source="slug", read_only=True)
    stream = serializers.SlugField(source="stream.slug", read_only=True)
    actor = serializers.CharField(source="actor.username", read_only=True)

    class Meta:
        model = Backtest
        fields = (
            "id", "detector", "stream", "state", "share", "since", "until", "sources", "current",
            "proposed", "sweep", "signals", "skipped", "error", "result", "actor", "created_at",
            "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class BacktestFindingSerializer(serializers.ModelSerializer[BacktestFinding]):
    class Meta:
        model = BacktestFinding
        fields = (
            "change", "anchor_type", "anchor_value", "family", "tier", "subjects", "signal_ids",
            "signal_total", "llr", "score", "sentence", "conditions", "said_at", "lapsed",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    get=extend_schema(responses={200: BacktestSerializer, **problems(400, 404)}),
    post=extend_schema(
        request=BacktestRequestSerializer,
        responses={202: BacktestSerializer, **problems(400, 404, 409, 422)},
    ),
)
class BacktestsView(ListModelMixin, ListEndpoint):
    """Backtests of one detector, newest first; POST starts one. It changes nothing in force."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    queryset = Backtest.objects.none()
    serializer_class = BacktestSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Backtest]:
        """Of the detector in the path."""
        detector_by_slug(self.kwargs["slug"], self.viewer)
        return backtests_for(self.viewer, self.kwargs["slug"])

    def get(self, request: Request, slug: str) -> Response:
        """Runs, newest first."""
        return self.list(request)

    def post(self, request: Request, slug: str) -> Response:
        """Try these parameters on what was stored in a window."""
        form = BacktestRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        run = start_backtest(actor=caller(request), slug=slug, **form.validated_data)
        return Response(BacktestSerializer(run).data, status=202)


@extend_schema_view(
    get=extend_schema(responses={200: BacktestSerializer, **problems(404)}),
    delete=extend_schema(responses={200: BacktestSerializer, **problems(404, 409)}),
)
class BacktestView(Endpoint):
    """One backtest; DELETE cancels it."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.ADMIN}

    def get(self, request: Request, slug: str, backtest_id: int) -> Response:
        """How far it is, and what came out."""
        return Response(BacktestSerializer(backtest_by_id(backtest_id, caller(request), slug)).data)

    def delete(self, request: Request, slug: str, backtest_id: int) -> Response:
        """Stop it; what it read is forgotten."""
        run = backtest_by_id(backtest_id, caller(request), slug)
        return Response(BacktestSerializer(cancel_backtest(actor=caller(request), run=run)).data)


@extend_schema_view(
    get=extend_schema(
        parameters=[OpenApiParameter("change", enum=Change.values)],
        responses={200: BacktestFindingSerializer, **problems(400, 404)},
    ),
)
class BacktestFindingsView(ListModelMixin, ListEndpoint):
    """What a backtest found, those that weigh most first; up to 1,000 of each change."""

    scopes: ClassVar = {"GET": Scope.READ}
    queryset = BacktestFinding.objects.none()
    serializer_class = BacktestFindingSerializer
    pagination_class = InOrder

    def get_queryset(self) -> QuerySet[BacktestFinding]:
        """Of the run in the path."""
        run = backtest_by_id(self.kwargs["backtest_id"], self.viewer, self.kwargs["slug"])
        change = self.request.query_params.get("change", "")
        if change and change not in Change.values:
            message = f"Use one of {', '.join(Change.values)}."
            raise serializers.ValidationError({"change": message})
        return changes_of(run, change)

    def get(self, request: Request, slug: str, backtest_id: int) -> Response:
        """Findings gained, lost and kept."""
        return self.list(request)
