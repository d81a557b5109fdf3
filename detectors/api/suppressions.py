"""Near misses of an entity, and detectors kept quiet about one, over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.api.rules import KeySerializer
from detectors.models import Suppression
from detectors.selectors.entity import entity_by_id
from detectors.selectors.near import near_misses_for, near_misses_of
from detectors.selectors.signal import signal_by_id
from detectors.selectors.suppression import suppression_by_id, suppressions_for
from detectors.services.suppression import end_suppression, suppress_detector


class NearMissSerializer(serializers.Serializer[Any]):
    """One condition that is not met yet, and what is missing."""

    detector = serializers.CharField()
    title = serializers.CharField()
    anchor = KeySerializer()
    condition = serializers.CharField()
    value = serializers.FloatField()
    needed = serializers.FloatField()
    margin = serializers.FloatField()
    unit = serializers.CharField()


class NearSerializer(serializers.Serializer[Any]):
    """misses: the nearest first. looked: titles of the detectors that were asked."""

    misses = NearMissSerializer(many=True)
    looked = serializers.ListField(child=serializers.CharField())


class SuppressionSerializer(serializers.ModelSerializer[Suppression]):
    """A detector that is quiet about one entity; `type` and `value` name the entity."""

    detector = serializers.SlugField(max_length=60)
    type = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=4_200)
    reason = serializers.CharField(max_length=500)
    expires_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = Suppression
        fields: ClassVar = [
            "id",
            "detector",
            "type",
            "value",
            "reason",
            "expires_at",
            "created_by",
            "created_at",
            "ended_at",
        ]
        read_only_fields: ClassVar = ["id", "created_at", "ended_at"]


class NearMissesView(Endpoint):
    """What almost became a finding about an entity, by the settings in force."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(responses={200: NearSerializer, **problems(404)})
    def get(self, request: Request, entity_id: int) -> Response:
        """Failing conditions with value, needed and margin."""
        entity = entity_by_id(entity_id, caller(request))
        return Response(NearSerializer(near_misses_for(caller(request), entity)).data)


class SignalNearView(Endpoint):
    """What almost became a finding with one signal in it."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(responses={200: NearSerializer, **problems(404)})
    def get(self, request: Request, signal_id: int) -> Response:
        """Failing conditions with value, needed and margin."""
        signal = signal_by_id(signal_id, caller(request))
        return Response(NearSerializer(near_misses_of(signal, caller(request))).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="suppressions_list",
        responses={200: SuppressionSerializer, **problems(400)},
    ),
    post=extend_schema(
        operation_id="suppressions_add",
        request=SuppressionSerializer,
        responses={201: SuppressionSerializer, **problems(404, 409, 422)},
    ),
)
class SuppressionsView(ListModelMixin, ListEndpoint):
    """Detectors kept quiet about one entity; POST keeps one quiet until a date."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = SuppressionSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Suppression]:
        """What the caller may see."""
        return suppressions_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Newest first, also ended ones."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Until `expires_at` what it finds about this entity counts for no campaign."""
        form = SuppressionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        told = dict(form.validated_data)
        row = suppress_detector(actor=caller(request), slug=told.pop("detector"), **told)
        return Response(SuppressionSerializer(row).data, status=201)


@extend_schema_view(
    get=extend_schema(responses={200: SuppressionSerializer, **problems(404)}),
    delete=extend_schema(responses={200: SuppressionSerializer, **problems(404, 409)}),
)
class SuppressionView(RetrieveModelMixin, ListEndpoint):
    """One of them; DELETE ends it at once, and it stays in the history."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.ADMIN}
    serializer_class = SuppressionSerializer

    def get(self, request: Request, suppression_id: int) -> Response:
        """One suppression."""
        return self.retrieve(request)

    def delete(self, request: Request, suppression_id: int) -> Response:
        """The detector counts again."""
        row = suppression_by_id(suppression_id, caller(request))
        ended = end_suppression(actor=caller(request), suppression=row)
        return Response(SuppressionSerializer(ended).data)

    def get_object(self) -> Suppression:
        """The one of the path."""
        return suppression_by_id(self.kwargs["suppression_id"], self.viewer)
