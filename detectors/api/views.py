"""Signals and refused items over REST."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors import ingest
from detectors.api import posts, schema
from detectors.api.filters import DeadLetterFilter, SignalFilter
from detectors.api.serializers import (
    DeadLetterSerializer,
    DiscardSerializer,
    IngestAnswerSerializer,
    SignalDetailSerializer,
    SignalSerializer,
)
from detectors.ingest import Batch
from detectors.ingest.body import JSON
from detectors.models import DeadLetter, Signal
from detectors.selectors.dead_letter import letter_by_id, letters_for
from detectors.selectors.signal import entities_of, signal_by_id, signals_for
from detectors.services.dead_letter import discard_letter, raw_of, replay_letter
from detectors.services.ingest import IngestResult, ingest_batch, keep_rejected


@extend_schema_view(
    get=extend_schema(
        operation_id="signals_list", responses={200: SignalSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="signals_ingest",
        request=schema.INGEST_REQUEST,
        parameters=[schema.CONTENT_ENCODING],
        responses={
            201: IngestAnswerSerializer,
            200: IngestAnswerSerializer,
            207: IngestAnswerSerializer,
            **problems(400, 411, 413, 415),
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
        """Stored signals, newest first."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Store what is new, count what is known, keep and name what is refused."""
        parsed = ingest.parse(posts.batch(request), posts.window())
        source = posts.source(request)
        result = ingest_batch(source=source, signals=parsed.good)
        keep_rejected(source=source, rejected=parsed.bad)
        return posts.answer(result, parsed)


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
        responses={
            201: IngestAnswerSerializer,
            200: IngestAnswerSerializer,
            **problems(400, 404, 409, 411, 413, 415, 422),
        },
    )
    def post(self, request: Request, letter_id: int) -> Response:
        """The corrected signal as the body; without a body the item as it was sent.

        A piece of a foreign payload (`adapter` is not empty) is sent again through its adapter.
        """
        letter = letter_by_id(letter_id, caller(request))
        is_new = posts.has_body(request)
        batch = posts.batch(request) if is_new else Batch([raw_of(letter)], doubtful=True)
        if len(batch.items) != 1:
            message = "The body must be one signal."
            raise ingest.BodyError(message)
        parsed = ingest.parse(batch, posts.window())
        if parsed.bad:
            return posts.answer(IngestResult(), parsed)
        result = replay_letter(actor=caller(request), letter=letter, signal=parsed.good[0])
        return posts.answer(result, parsed)


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
