"""Saved mappings over REST: what there is, a new version, and the door that each opens."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.adapters.kit.documents import JSON, NDJSON
from detectors.adapters.kit.tables import CSV
from detectors.api import schema
from detectors.api.adapters import BYTES, take
from detectors.api.serializers import MappingSerializer
from detectors.models import SavedMapping
from detectors.selectors.mapping import adapter_by_name, mapping_by_name, mappings_for
from detectors.services.mapping import save_mapping

NAME: Final = OpenApiParameter(
    "mapping",
    location=OpenApiParameter.PATH,
    description="`acme` for the current version, `acme@3` for version 3.",
)
BODY: Final = {"type": "string", "format": "binary"}


@extend_schema_view(
    get=extend_schema(
        operation_id="mappings_list", responses={200: MappingSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="mappings_save",
        request=MappingSerializer,
        responses={201: MappingSerializer, **problems(400, 415, 422)},
    ),
)
class MappingsView(ListModelMixin, ListEndpoint):
    """Mappings; POST makes a new version of one, or its first."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = MappingSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[SavedMapping]:
        """What the caller may see."""
        return mappings_for(self.viewer)

    def get(self, request: Request) -> Response:
        """The current version of every mapping."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Use this version from now on."""
        form = MappingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        saved = save_mapping(actor=caller(request), **form.validated_data)
        return Response(MappingSerializer(saved).data, status=201)


@extend_schema_view(
    get=extend_schema(parameters=[NAME], responses={200: MappingSerializer, **problems(404)}),
)
class MappingView(RetrieveModelMixin, ListEndpoint):
    """One mapping: its current version, or the one after the @."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = MappingSerializer

    def get(self, request: Request, mapping: str) -> Response:
        """One mapping."""
        return self.retrieve(request)

    def get_object(self) -> SavedMapping:
        """The mapping of the path."""
        return mapping_by_name(self.kwargs["mapping"], self.viewer)


@extend_schema_view(
    post=extend_schema(
        operation_id="mappings_ingest",
        request=dict.fromkeys((BYTES, JSON, NDJSON, CSV), BODY),
        parameters=[NAME, *schema.INGEST_HEADERS],
        responses={
            **schema.INGEST_ANSWERS,
            **problems(400, 404, 409, 411, 413, 415, 422, 429),
        },
    ),
)
class MappingDoor(Endpoint):
    """Takes payloads in the shape that a mapping reads."""

    scopes: ClassVar = {"POST": Scope.INGEST}
    schema = schema.BodyRequired()

    def post(self, request: Request, mapping: str) -> HttpResponse:
        """Store what is new, count what is known, keep and name what is refused.

        The body is JSON, NDJSON or CSV, as the mapping says, gzip accepted. Refused items remember
        the version, so that a replay reads them by the same one.
        """
        return take(request, adapter_by_name(mapping))
