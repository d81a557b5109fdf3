"""Entities over REST: found by value, and what is known of one."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.api.filters import EntityFilter
from detectors.models import Entity
from detectors.selectors.actor import same_actors_of
from detectors.selectors.entity import (
    entities_for,
    entity_by_id,
    findings_by_entity,
    links_of,
    platforms_of,
    recent_of,
)
from detectors.selectors.reference import lists_of


class EntitySerializer(serializers.ModelSerializer[Entity]):
    class Meta:
        model = Entity
        fields: ClassVar = ["id", "type", "value", "first_seen_at", "last_seen_at"]


class ListedSerializer(serializers.Serializer[Any]):
    """A reference list that names the entity."""

    category = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    dated = serializers.DateField(allow_null=True)


class PlatformSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    signals = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class LinkedSerializer(serializers.Serializer[Any]):
    """Another entity of the same signals."""

    id = serializers.IntegerField()
    type = serializers.CharField()
    value = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    signals = serializers.IntegerField()


class SharedSerializer(serializers.Serializer[Any]):
    """An identifier that two accounts share."""

    id = serializers.IntegerField()
    type = serializers.CharField()
    value = serializers.CharField()
    signals = serializers.IntegerField()


class SameActorSerializer(serializers.Serializer[Any]):
    """An account on another platform that may be the same actor, and why."""

    id = serializers.IntegerField()
    account = serializers.CharField()
    platform = serializers.CharField()
    shared = SharedSerializer(many=True)
    findings = serializers.ListField(child=serializers.CharField())


class EntityDetailSerializer(EntitySerializer):
    """Of the newest 500 signals that mention it; `more` says whether there are older ones."""

    more = serializers.BooleanField()
    reference_lists = ListedSerializer(many=True)
    platforms = PlatformSerializer(many=True)
    accounts = SameActorSerializer(many=True)
    linked = LinkedSerializer(many=True)
    findings = serializers.ListField(child=serializers.IntegerField())

    class Meta(EntitySerializer.Meta):
        fields: ClassVar = [
            *EntitySerializer.Meta.fields,
            "more",
            "reference_lists",
            "platforms",
            "accounts",
            "linked",
            "findings",
        ]


@extend_schema_view(
    get=extend_schema(
        operation_id="entities_list", responses={200: EntitySerializer, **problems(400)}
    ),
)
class EntitiesView(ListModelMixin, ListEndpoint):
    """Entities, newest first; by type and value the one that this is a spelling of."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = EntitySerializer
    filterset_class = EntityFilter
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Entity]:
        """What the caller may see."""
        return entities_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Entities, newest first."""
        return self.list(request)


class EntityView(Endpoint):
    """One entity with what is known of it."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(responses={200: EntityDetailSerializer, **problems(404)})
    def get(self, request: Request, entity_id: int) -> Response:
        """Platforms, reference lists, linked entities, accounts of the same actor, findings."""
        entity = entity_by_id(entity_id, caller(request))
        recent = recent_of(entity)
        findings = findings_by_entity(entity, recent, caller(request))
        thing = (entity.type, entity.value)
        about = {
            "more": recent.more,
            "reference_lists": lists_of([thing]).get(thing, []),
            "platforms": platforms_of(recent),
            "accounts": same_actors_of(entity, recent, findings),
            "linked": links_of(recent, entity),
            "findings": [one.pk for one in findings],
        }
        for name, value in about.items():
            setattr(entity, name, value)
        return Response(EntityDetailSerializer(entity).data)
