"""Types of entities that people add, over REST."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import ListEndpoint, caller, problems
from detectors.api.serializers import EntityTypeSerializer
from detectors.models import EntityType
from detectors.selectors.entity_type import entity_types_for
from detectors.services.entity_type import add_entity_type


@extend_schema_view(
    get=extend_schema(
        operation_id="entity_types_list", responses={200: EntityTypeSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="entity_types_add",
        request=EntityTypeSerializer,
        responses={201: EntityTypeSerializer, **problems(400, 409, 415, 422)},
    ),
)
class EntityTypesView(ListModelMixin, ListEndpoint):
    """Types that people added; POST adds one."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = EntityTypeSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[EntityType]:
        """What the caller may see."""
        return entity_types_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Types that people added, newest first."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Link objects and identifiers of this type from now on."""
        form = EntityTypeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        added = add_entity_type(actor=caller(request), **form.validated_data)
        return Response(EntityTypeSerializer(added).data, status=201)
