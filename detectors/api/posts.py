"""What every door for signals has in common: room, key, body, source, answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from abusedesk.core import clock
from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import ApiToken
from detectors import backpressure, ingest
from detectors.ingest import Batch, LengthError, Parsed, Window
from detectors.ingest.body import JSON
from detectors.models import Source
from detectors.models.answer import MAX_KEY
from detectors.services.answer import HEADER, Answer, Ticket, answer_again, find_answer
from detectors.services.ingest import IngestResult, ingest_parsed
from detectors.services.source import ensure_source, source_of_token

CHUNK: Final = 64 * 1024
KEY: Final = re.compile(rf"[!-~](?:[ -~]{{0,{MAX_KEY - 2}}}[!-~])?")
REPLAYED: Final = "Idempotent-Replayed"
MAX_SHOWN: Final = 20  # reasons in the `errors` of a request of which nothing was stored
CONSOLE: Final = "console"


class KeyFormatError(AbuseDeskError):
    """The Idempotency-Key can be none."""

    status = 400
    code = "idempotency_key_format"

    def __init__(self, message: str) -> None:
        super().__init__(message, field=HEADER)


def take(request: Request, read: Callable[[bytes], Parsed], *, once: bool = False) -> HttpResponse:
    """Answer a post of signals. once: as for `store`.

    A key whose answer is kept costs neither parsing nor room: the sender only missed the answer.
    """
    key, sender = _key(request), source(request)
    kept = find_answer(source=sender, key=key) if key else None
    if kept is None:
        backpressure.require_room()
    content = body(request)
    ticket = Ticket.of(sender, key, request.path, content) if key else None
    if kept and ticket:
        return response(answer_again(ticket=ticket, kept=kept))
    parsed = read(content)
    return response(
        ingest_parsed(
            source=sender,
            parsed=parsed,
            say=lambda result: answer(result, parsed),
            once=once,
            ticket=ticket,
        )
    )


def has_body(request: Request) -> bool:
    """Whether the sender says that something follows."""
    return (
        request.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in request.headers
    )


def media_type(request: Request) -> str:
    """Of a body of signals. Raises LengthError, BodyError or MediaTypeError."""
    check_length(request, "a signal or a list of signals")
    return ingest.check_media_type(request.headers.get("Content-Type", ""))


def batch(request: Request) -> Batch:
    """Items of the request. Raises BodyError and its kin."""
    written = media_type(request)
    return ingest.split(body(request), written)


def check_length(request: Request, what: str) -> None:
    """Raises LengthError or BodyError unless a body of known length follows."""
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        message = "The body must come with its Content-Length; chunked bodies are not read."
        raise LengthError(message)
    if not has_body(request):
        message = f"The body is empty; it must hold {what}."
        raise ingest.BodyError(message)


def body(request: Request) -> bytes:
    """The whole body, decompressed. Raises BodyError and its kin."""
    return ingest.read_body(_chunks(request), request.headers.get("Content-Encoding", ""))


def window() -> Window:
    """Moments that are believed now."""
    return Window.at(clock.now(), oldest=settings.OLDEST_SIGNAL)


def source(request: Request) -> Source:
    """The token's source; what an admin tries out in the browser has one of its own."""
    if isinstance(request.auth, ApiToken):
        return source_of_token(token=request.auth)
    return ensure_source(slug=CONSOLE, title="Console")


def answer(result: IngestResult, parsed: Parsed) -> Answer:
    """201 something new, 200 all known, 207 some refused, 400 all refused."""
    body = msgspec.json.encode(_said(result, parsed))
    if parsed.bad:
        return Answer(207 if parsed.good else 400, body)
    return Answer(201 if result.accepted else 200, body)


def response(given: Answer) -> HttpResponse:
    """The answer as it goes out; a header says when it was given before."""
    told = HttpResponse(given.body, status=given.status, content_type=JSON)
    if given.again:
        told[REPLAYED] = "true"
    return told


def _key(request: Request) -> str:
    """The sender's key; empty when there is none. Raises KeyFormatError."""
    key = request.headers.get(HEADER)
    if key is None:
        return ""
    if not KEY.fullmatch(key):
        message = f"{HEADER} must have 1 to {MAX_KEY} printable ASCII characters."
        raise KeyFormatError(message)
    return key


def _said(result: IngestResult, parsed: Parsed) -> dict[str, Any]:
    """Architecture section 4; where nothing could be used, the common shape of refusals as well."""
    counts: dict[str, Any] = {
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
        return counts
    found = [fault for one in parsed.bad[:MAX_SHOWN] for fault in one.faults][:MAX_SHOWN]
    shown = [{"code": one.code, "detail": one.message, "attr": one.field} for one in found]
    return {"type": "validation_error", "errors": shown, **counts}


def _chunks(request: Request) -> Iterator[bytes]:
    """Straight from the connection: Django's own buffer knows only one limit, before gzip."""
    read = request._request.read  # noqa: SLF001 -- DRF's own stream wants a parser
    while chunk := read(CHUNK):
        yield chunk
