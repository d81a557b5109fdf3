"""Foreign payloads over REST: which adapters there are, and a door for each."""

from __future__ import annotations

from typing import Any, ClassVar, Final

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
from detectors.api.serializers import AdapterSerializer, IngestAnswerSerializer
from detectors.ingest import check_media_type
from detectors.ingest.foreign import read_foreign
from detectors.services.ingest import ingest_batch, keep_rejected
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
        parameters=[SLUG, schema.CONTENT_ENCODING],
        responses={
            201: IngestAnswerSerializer,
            200: IngestAnswerSerializer,
            207: IngestAnswerSerializer,
            **problems(400, 404, 411, 413, 415),
        },
    ),
)
class AdapterView(Endpoint):
    """Takes a payload in the format of an adapter."""

    scopes: ClassVar = {"POST": Scope.INGEST}
    schema = schema.BodyRequired()

    def post(self, request: Request, adapter: str) -> Response:
        """Store what is new, count what is known, keep and name what is refused.

        The body is the payload as its tool sends it, gzip accepted; the Content-Type is one of the
        adapter's or application/octet-stream. `index` counts what the payload became.
        """
        chosen = _adapter(adapter)
        posts.check_length(request, "a payload of the adapter")
        check_media_type(request.headers.get("Content-Type", ""), (BYTES, *chosen.meta.media_types))
        parsed = read_foreign(chosen, posts.body(request), posts.window(), clock.now())
        source = posts.source(request)
        note_adapter(source=source, adapter=chosen.meta.slug)
        result = ingest_batch(source=source, signals=parsed.good, once=chosen.meta.once)
        keep_rejected(source=source, rejected=parsed.bad)
        return posts.answer(result, parsed)


def _adapter(slug: str) -> Adapter:
    known = all_adapters()
    if slug not in known:
        message = f"There is no adapter {slug[:SHOWN]!r}; there are {', '.join(known)}."
        raise NotFoundError(message, field="adapter", known=list(known))
    return known[slug]
