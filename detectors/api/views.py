"""Signals over REST."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import ListEndpoint, problems
from detectors import ingest
from detectors.api import posts, schema, search
from detectors.api.filters import SignalFilter
from detectors.api.serializers import (
    SignalDetailSerializer,
    SignalSerializer,
)
from detectors.models import Signal
from detectors.selectors.signal import entities_of, signal_by_id, signals_for


@extend_schema_view(
    get=extend_schema(
        operation_id="signals_list",
        parameters=[search.PARAMETER],
        responses={200: SignalSerializer, **problems(400)},
    ),
    post=extend_schema(
        operation_id="signals_ingest",
        request=schema.INGEST_REQUEST,
        parameters=schema.INGEST_HEADERS,
        responses={
            **schema.INGEST_ANSWERS,
            **problems(400, 409, 411, 413, 415, 422, 429),
        },
    ),
)
class SignalsView(ListModelMixin, ListEndpoint):
    """Stored signals, newest first; POST stores one or up to 5,000."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.INGEST}
    serializer_class = SignalSerializer
    filterset_class = SignalFilter
    pagination_class = KeysetPagination
    schema = schema.BodyRequired()

    def get_queryset(self) -> QuerySet[Signal]:
        """What the caller may see."""
        return signals_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Stored signals, newest first; with `q` what a query finds."""
        if "q" in request.query_params:
            return search.found(request, self.viewer)
        return self.list(request)

    def post(self, request: Request) -> HttpResponse:
        """Store what is new, count what is known, keep and name what is refused."""
        media_type = posts.media_type(request)
        return posts.take(
            request, lambda body: ingest.parse(ingest.split(body, media_type), posts.window())
        )


@extend_schema_view(
    get=extend_schema(responses={200: SignalDetailSerializer, **problems(404)}),
)
class SignalView(RetrieveModelMixin, ListEndpoint):
    """One stored signal with the entities it mentions."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = SignalDetailSerializer

    def get(self, request: Request, signal_id: int) -> Response:
        """One stored signal."""
        return self.retrieve(request)

    def get_object(self) -> Signal:
        """The signal, with its mentions as `entities`."""
        signal = signal_by_id(self.kwargs["signal_id"], self.viewer)
        signal.entities = entities_of(signal)  # type: ignore[attr-defined] # read by the serializer
        return signal
