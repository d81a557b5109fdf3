"""Protected entities over REST."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases.api import automation_shapes as shapes
from cases.models import ProtectedEntity
from cases.selectors.protected import protected_entities_for, protected_entity_by_id
from cases.services.protected import end_protection, protect_entities


@extend_schema_view(
    get=extend_schema(
        operation_id="protected_list", responses={200: shapes.ProtectedSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="protected_add",
        request=shapes.ProtectSerializer,
        responses={201: shapes.ProtectedSerializer(many=True), **problems(422)},
    ),
)
class ProtectedView(ListModelMixin, ListEndpoint):
    """Entities that nothing acts on by itself, and no person alone."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    queryset = ProtectedEntity.objects.none()
    serializer_class = shapes.ProtectedSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[ProtectedEntity]:
        """Those in force."""
        return protected_entities_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Put these on the list; the answer has what was not on it."""
        form = shapes.ProtectSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rows = protect_entities(actor=caller(request), **form.validated_data)
        return Response(shapes.ProtectedSerializer(rows, many=True).data, status=201)


@extend_schema_view(
    get=extend_schema(
        operation_id="protected_read", responses={200: shapes.ProtectedSerializer, **problems(404)}
    ),
    delete=extend_schema(
        operation_id="protected_end",
        request=shapes.AutomationReasonSerializer,
        responses={200: shapes.ProtectedSerializer, **problems(400, 404, 409, 422)},
    ),
)
class ProtectedEntryView(Endpoint):
    """One entry; DELETE ends it, and it stays in the history."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.ADMIN}

    def get(self, request: Request, entry_id: int) -> Response:
        """One entry."""
        row = protected_entity_by_id(entry_id, caller(request))
        return Response(shapes.ProtectedSerializer(row).data)

    def delete(self, request: Request, entry_id: int) -> Response:
        """Take it off, with the reason."""
        row = protected_entity_by_id(entry_id, caller(request))
        form = shapes.AutomationReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        done = end_protection(actor=caller(request), entry=row, **form.validated_data)
        return Response(shapes.ProtectedSerializer(done).data)
