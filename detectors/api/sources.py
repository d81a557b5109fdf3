"""Sources over REST: how they fare, and what people say of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.choices import Alarm, ReportCases
from detectors.models import Source
from detectors.selectors.source import health_of, source_by_slug, sources_for, tokens_of
from detectors.services.source_settings import create_source, update_source


class SourceHealthSerializer(serializers.Serializer[Any]):
    """The last 24 hours, and the alarm.

    hours, days: signals received in each, UTC, the oldest first, the last one still runs. skew_s:
    median of received minus occurred. clamped: more than 5 minutes ahead of the desk's clock; late:
    more than a day old. limit_s: seconds of silence that are too many; null without an alarm, or
    while there are not three days to learn from.
    """

    received = serializers.IntegerField()
    refused = serializers.IntegerField()
    error_rate = serializers.FloatField(allow_null=True, help_text="refused of all that came")
    late = serializers.IntegerField()
    clamped = serializers.IntegerField()
    skew_s = serializers.FloatField(allow_null=True)
    platforms = serializers.DictField(child=serializers.IntegerField())
    hours = serializers.ListField(child=serializers.IntegerField())
    days = serializers.ListField(child=serializers.IntegerField())
    limit_s = serializers.FloatField(allow_null=True)
    silent_since = serializers.DateTimeField(allow_null=True)


class SourceTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    prefix = serializers.CharField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class SourceSerializer(serializers.ModelSerializer[Source]):
    """A source and how it fares. silent_after_s: with the alarm `fixed` only."""

    slug = serializers.CharField(max_length=60, help_text="a-z, 0-9 and hyphens; it stays")
    title = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    platforms = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=50, required=False
    )
    adapters = serializers.ListField(child=serializers.CharField(), read_only=True)
    alarm = serializers.CharField(
        max_length=8, required=False, help_text=f"{', '.join(Alarm.values)}"
    )
    silent_after_s = serializers.IntegerField(
        min_value=60, max_value=90 * 86_400, required=False, allow_null=True
    )
    report_cases = serializers.CharField(
        max_length=8,
        required=False,
        help_text=f"whether a report opens a case by itself: {', '.join(ReportCases.values)}",
    )
    health = SourceHealthSerializer(read_only=True)

    class Meta:
        model = Source
        fields: ClassVar = [
            "slug",
            "title",
            "description",
            "platforms",
            "adapters",
            "alarm",
            "silent_after_s",
            "report_cases",
            "created_at",
            "last_seen_at",
            "health",
        ]
        read_only_fields: ClassVar = ["created_at", "last_seen_at"]


class SourceDetailSerializer(SourceSerializer):
    """tokens: the one that posts to it and earlier ones of its name; for admins and its owner."""

    tokens = SourceTokenSerializer(many=True, read_only=True)

    class Meta(SourceSerializer.Meta):
        fields: ClassVar = [*SourceSerializer.Meta.fields, "tokens"]


class SourceChangeSerializer(SourceSerializer):
    """What is left out stays."""

    class Meta(SourceSerializer.Meta):
        fields: ClassVar = [
            "title", "description", "platforms", "alarm", "silent_after_s", "report_cases",
        ]  # fmt: skip


class SourcesView(ListEndpoint):
    """Where signals come from."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = SourceSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Source]:
        """What the caller may see."""
        return sources_for(self.viewer)

    @extend_schema(
        operation_id="sources_list",
        responses={200: SourceSerializer(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """Sources with the counters of their last day, the newest source first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(SourceSerializer(_fared(page), many=True).data)

    @extend_schema(
        operation_id="sources_create",
        request=SourceSerializer,
        responses={201: SourceDetailSerializer, **problems(409, 415, 422)},
    )
    def post(self, request: Request) -> Response:
        """A source before its first signal; a token of its name will post to it."""
        form = SourceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        source = create_source(actor=caller(request), **form.validated_data)
        return Response(_detail(source, request), status=201)


class SourceView(Endpoint):
    """One source."""

    scopes: ClassVar = {"GET": Scope.READ, "PATCH": Scope.ADMIN}

    @extend_schema(
        operation_id="sources_retrieve",
        responses={200: SourceDetailSerializer, **problems(404)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """One source with its tokens."""
        return Response(_detail(source_by_slug(slug, caller(request)), request))

    @extend_schema(
        operation_id="sources_update",
        request=SourceChangeSerializer,
        responses={200: SourceDetailSerializer, **problems(404, 415, 422)},
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change what is given."""
        source = source_by_slug(slug, caller(request))
        form = SourceChangeSerializer(source, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        update_source(actor=caller(request), source=source, **form.validated_data)
        return Response(_detail(source_by_slug(slug, caller(request)), request))


def _detail(source: Source, request: Request) -> Any:
    (fared,) = _fared([source])
    fared["tokens"] = tokens_of(source, caller(request))
    return SourceDetailSerializer(fared).data


def _fared(sources: list[Source]) -> Any:
    """Sources with their counters, a dict each."""
    health = health_of(sources)
    names = [name for name in SourceSerializer.Meta.fields if name != "health"]
    return [
        {name: getattr(one, name) for name in names} | {"health": health[one.pk]} for one in sources
    ]
