"""Foreign payloads over REST: which adapters there are, and a door for each."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, problems
from detectors.adapters.base import Adapter
from detectors.adapters.registry import all_adapters
from detectors.api import posts, schema
from detectors.api.serializers import AdapterSerializer
from detectors.ingest import check_media_type
from detectors.ingest.foreign import read_foreign
from detectors.services.source import note_adapter

BYTES: Final = "application/octet-stream"
SHOWN: Final = 40
SLUG: Final = OpenApiParameter(
    "adapter", location=OpenApiParameter.PATH, enum=list(all_adapters()), description="Its slug."
)


@extend_schema_view(
    get=extend_schema(
        operation_id="adapters_list",
        responses={200: AdapterSerializer(many=True), **problems()},
    ),
)
class AdaptersView(Endpoint):
    """Formats that other tools send, and where each goes in."""

    def get_permissions(self) -> list[Any]:
        """Any token and any session: it says nothing of this desk's data."""
        return [IsAuthenticated()]

    def get(self, request: Request) -> Response:
        """All adapters, by slug."""
        metas = [adapter.meta for adapter in all_adapters().values()]
        return Response(AdapterSerializer(metas, many=True).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="adapters_ingest",
        request=schema.foreign_request(BYTES, all_adapters().values()),
        parameters=[SLUG, *schema.INGEST_HEADERS],
        responses={
            **schema.INGEST_ANSWERS,
            **problems(400, 404, 409, 411, 413, 415, 422, 429),
        },
    ),
)
class AdapterView(Endpoint):
    """Takes a payload in the format of an adapter."""

    scopes: ClassVar = {"POST": Scope.INGEST}
    schema = schema.BodyRequired()

    def post(self, request: Request, adapter: str) -> HttpResponse:
        """Store what is new, count what is known, keep and name what is refused.

        The body is the payload as its tool sends it, gzip accepted; the Content-Type is one of the
        adapter's or application/octet-stream. `index` counts what the payload became.
        """
        return take(request, _adapter(adapter))


def take(request: Request, adapter: Adapter) -> HttpResponse:
    """Store what the adapter makes of the body, and answer as `/signals/` does."""
    posts.check_length(request, "a payload of the adapter")
    check_media_type(request.headers.get("Content-Type", ""), (BYTES, *adapter.meta.media_types))
    note_adapter(source=posts.source(request), adapter=adapter.meta.slug.partition("@")[0])
    return posts.take(
        request,
        lambda body: read_foreign(adapter, body, posts.window(), clock.now()),
        once=adapter.meta.once,
    )


def _adapter(slug: str) -> Adapter:
    known = all_adapters()
    if slug not in known:
        message = f"There is no adapter {slug[:SHOWN]!r}; there are {', '.join(known)}."
        raise NotFoundError(message, field="adapter", known=list(known))
    return known[slug]
