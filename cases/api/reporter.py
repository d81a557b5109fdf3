"""Reporters over REST: how often each was right."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import ListEndpoint, problems
from cases.models import Reporter
from cases.selectors.reporter import reporters_for


class SourceCountSerializer(serializers.Serializer[object]):
    """What became of the reports that came through one source; empty: not known any more."""

    slug = serializers.CharField(allow_blank=True)
    upheld = serializers.IntegerField()
    decided = serializers.IntegerField()


class ReporterSerializer(serializers.ModelSerializer[Reporter]):
    """A reporter. rate, low, high: share upheld with its 95 % interval; acts_with: how many others.

    With fewer than 20 decisions the rate says little.
    """

    rate = serializers.FloatField(source="share.value")
    low = serializers.FloatField(source="share.low")
    high = serializers.FloatField(source="share.high")
    by_source = serializers.SerializerMethodField()
    acts_with = serializers.SerializerMethodField()
    finding = serializers.IntegerField(source="ring", allow_null=True)

    class Meta:
        model = Reporter
        fields = [
            "name", "upheld", "decided", "rate", "low", "high", "by_source", "acts_with", "finding",
        ]  # fmt: skip

    @extend_schema_field(SourceCountSerializer(many=True))
    def get_by_source(self, reporter: Reporter) -> list[dict[str, Any]]:
        """Each source with its counts."""
        return [
            {"slug": slug, "upheld": upheld, "decided": share.n}
            for slug, upheld, share in reporter.sources
        ]

    def get_acts_with(self, reporter: Reporter) -> int:
        """Others with whom it acts as one."""
        return max(0, reporter.ring_size - 1)


class ReportersView(ListModelMixin, ListEndpoint):
    """Reporters whose reports were judged, or who act as one."""

    scopes: ClassVar = {"GET": Scope.READ}
    pagination_class = KeysetPagination
    serializer_class = ReporterSerializer

    def get_queryset(self) -> QuerySet[Reporter]:
        rows = reporters_for(self.viewer)
        name = self.request.query_params.get("name", "").replace("\x00", "")
        return rows.filter(name=name) if name else rows

    @extend_schema(
        operation_id="reporters_list",
        parameters=[OpenApiParameter("name", description="Exactly this name")],
        responses={200: ReporterSerializer(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """Newest first; over all sources and queues."""
        return self.list(request)
