"""Refused items over REST: what there is, fix and replay, set aside."""

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
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors import ingest
from detectors.api import posts, schema
from detectors.api.filters import DeadLetterFilter
from detectors.api.serializers import (
    DeadLetterSerializer,
    DiscardSerializer,
    IngestAnswerSerializer,
)
from detectors.ingest import Batch, Parsed
from detectors.ingest.body import JSON
from detectors.models import DeadLetter
from detectors.selectors.dead_letter import letter_by_id, letters_for
from detectors.services.dead_letter import (
    discard_letter,
    is_mapped,
    raw_of,
    read_again,
    replay_letter,
)
from detectors.services.ingest import IngestResult


@extend_schema_view(
    get=extend_schema(
        operation_id="dead_letters_list", responses={200: DeadLetterSerializer, **problems(400)}
    ),
)
class DeadLettersView(ListModelMixin, ListEndpoint):
    """Refused items, newest first."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = DeadLetterSerializer
    filterset_class = DeadLetterFilter
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[DeadLetter]:
        """What the caller may see."""
        return letters_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Refused items, newest first."""
        return self.list(request)


@extend_schema_view(
    get=extend_schema(responses={200: DeadLetterSerializer, **problems(404)}),
)
class DeadLetterView(RetrieveModelMixin, ListEndpoint):
    """One refused item, whole, with the reasons."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = DeadLetterSerializer

    def get(self, request: Request, letter_id: int) -> Response:
        """One refused item."""
        return self.retrieve(request)

    def get_object(self) -> DeadLetter:
        """The item."""
        return letter_by_id(self.kwargs["letter_id"], self.viewer)


class ReplayView(Endpoint):
    """Stores a refused item after it was corrected."""

    scopes: ClassVar = {"POST": Scope.INGEST}

    @extend_schema(
        operation_id="dead_letters_replay",
        request=schema.REPLAY_REQUEST,
        parameters=[schema.VERSION],
        responses={
            201: IngestAnswerSerializer,
            200: IngestAnswerSerializer,
            **problems(400, 404, 409, 411, 413, 415, 422),
        },
    )
    def post(self, request: Request, letter_id: int) -> HttpResponse:
        """The corrected signal as the body; without a body the item as it was sent.

        An item that a mapping refused is read by the version of the mapping that refused it, or by
        the one that `version` names; a corrected one is sent in the same foreign shape. A piece
        that another adapter refused is sent again through its adapter.
        """
        letter = letter_by_id(letter_id, caller(request))
        if is_mapped(letter):
            parsed = _remapped(letter, request)
        else:
            parsed = ingest.parse(_item(letter, request), posts.window())
        if parsed.bad:
            return posts.response(posts.answer(IngestResult(), parsed))
        result = replay_letter(actor=caller(request), letter=letter, signals=parsed.good)
        return posts.response(posts.answer(result, parsed))


class DiscardView(Endpoint):
    """Sets a refused item aside for good."""

    scopes: ClassVar = {"POST": Scope.INGEST}

    @extend_schema(
        operation_id="dead_letters_discard",
        request=DiscardSerializer,
        responses={200: DeadLetterSerializer, **problems(404, 409)},
    )
    def post(self, request: Request, letter_id: int) -> Response:
        """It stays readable with the state `discarded` and the reason, which may be left out."""
        letter = letter_by_id(letter_id, caller(request))
        said = request.data if (request.content_type or "").startswith(JSON) else {}
        form = DiscardSerializer(data=said)
        form.is_valid(raise_exception=True)
        reason = form.validated_data.get("reason", "")
        discard_letter(actor=caller(request), letter=letter, reason=reason)
        letter.refresh_from_db()
        return Response(DeadLetterSerializer(letter).data)


def _item(letter: DeadLetter, request: Request) -> Batch:
    if not posts.has_body(request):
        return Batch([raw_of(letter)], doubtful=True)
    batch = posts.batch(request)
    if len(batch.items) != 1:
        message = "The body must be one signal."
        raise ingest.BodyError(message)
    return batch


def _remapped(letter: DeadLetter, request: Request) -> Parsed:
    """The item, or the corrected one of the body, by a version of its mapping."""
    raw = None
    if posts.has_body(request):
        posts.check_length(request, "the corrected item")
        ingest.check_media_type(request.headers.get("Content-Type", ""), (JSON,))
        raw = posts.body(request)
    return read_again(
        letter, posts.window(), raw=raw, version=request.query_params.get("version", "")
    )
