"""Signals and refused items over REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import msgspec
from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import clock
from abusedesk.core.models import ApiToken, Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors import ingest
from detectors.api import schema
from detectors.api.filters import DeadLetterFilter, SignalFilter
from detectors.api.serializers import (
    DeadLetterSerializer,
    IngestAnswerSerializer,
    SignalDetailSerializer,
    SignalSerializer,
)
from detectors.ingest import Batch, LengthError, Parsed, Window
from detectors.models import DeadLetter, Signal, Source
from detectors.selectors.dead_letter import letter_by_id, letters_for
from detectors.selectors.signal import entities_of, signal_by_id, signals_for
from detectors.services.dead_letter import discard_letter, raw_of, replay_letter
from detectors.services.ingest import IngestResult, ingest_batch, keep_rejected
from detectors.services.source import ensure_source, source_of_token

CHUNK: Final = 64 * 1024
MAX_SHOWN: Final = 20  # reasons in the `errors` of a request of which nothing was stored
CONSOLE: Final = "console"


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
        parsed = ingest.parse(_batch(request), _window())
        source = _source(request)
        result = ingest_batch(source=source, signals=parsed.good)
        keep_rejected(source=source, rejected=parsed.bad)
        return Response(_answer(result, parsed), status=_status(result, parsed))


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
        """The corrected signal as the body; without a body the item as it was sent."""
        letter = letter_by_id(letter_id, caller(request))
        batch = _batch(request) if _has_body(request) else Batch([raw_of(letter)], doubtful=True)
        if len(batch.items) != 1:
            message = "The body must be one signal."
            raise ingest.BodyError(message)
        parsed = ingest.parse(batch, _window())
        if parsed.bad:
            return Response(_answer(IngestResult(), parsed), status=400)
        result = replay_letter(actor=caller(request), letter=letter, signal=parsed.good[0])
        return Response(_answer(result, parsed), status=_status(result, parsed))


class DiscardView(Endpoint):
    """Sets a refused item aside for good."""

    scopes: ClassVar = {"POST": Scope.INGEST}

    @extend_schema(
        operation_id="dead_letters_discard",
        request=None,
        responses={200: DeadLetterSerializer, **problems(404, 409)},
    )
    def post(self, request: Request, letter_id: int) -> Response:
        """It stays readable with the state `discarded`."""
        letter = letter_by_id(letter_id, caller(request))
        discard_letter(actor=caller(request), letter=letter)
        letter.refresh_from_db()
        return Response(DeadLetterSerializer(letter).data)


def _has_body(request: Request) -> bool:
    return (
        request.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in request.headers
    )


def _batch(request: Request) -> Batch:
    """Items of the request. Raises BodyError and its kin."""
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        message = "The body must come with its Content-Length; chunked bodies are not read."
        raise LengthError(message)
    encoding = request.headers.get("Content-Encoding", "")
    if not _has_body(request):
        message = "The body is empty; it must hold a signal or a list of signals."
        raise ingest.BodyError(message)
    media_type = ingest.check_media_type(request.headers.get("Content-Type", ""))
    return ingest.split(ingest.read_body(_chunks(request), encoding), media_type)


def _chunks(request: Request) -> Iterator[bytes]:
    """Straight from the connection: Django's own buffer knows only one limit, before gzip."""
    read = request._request.read  # noqa: SLF001 -- DRF's own stream wants a parser
    while chunk := read(CHUNK):
        yield chunk


def _window() -> Window:
    return Window.at(clock.now(), oldest=settings.OLDEST_SIGNAL)


def _source(request: Request) -> Source:
    """The token's source; what an admin tries out in the browser has one of its own."""
    if isinstance(request.auth, ApiToken):
        return source_of_token(token=request.auth)
    return ensure_source(slug=CONSOLE, title="Console")


def _status(result: IngestResult, parsed: Parsed) -> int:
    """201 something new, 200 all known, 207 some refused, 400 all refused."""
    if parsed.bad:
        return 207 if parsed.good else 400
    return 201 if result.accepted else 200


def _answer(result: IngestResult, parsed: Parsed) -> dict[str, Any]:
    """Architecture section 4; where nothing could be used, the common shape of refusals as well."""
    answer: dict[str, Any] = {
        "accepted": result.accepted,
        "duplicates": result.duplicates,
        "rejected": [
            {
                "index": one.position,
                "external_id": one.external_id,
                "errors": msgspec.to_builtins(one.faults),
            }
            for one in parsed.bad
        ],
    }
    if parsed.good or not parsed.bad:
        return answer
    found = [fault for one in parsed.bad[:MAX_SHOWN] for fault in one.faults][:MAX_SHOWN]
    shown = [{"code": one.code, "detail": one.message, "attr": one.field} for one in found]
    return {"type": "validation_error", "errors": shown, **answer}
