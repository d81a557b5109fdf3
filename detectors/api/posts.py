"""What every door for signals has in common: the body, its source, the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import clock
from abusedesk.core.models import ApiToken
from detectors import ingest
from detectors.ingest import Batch, LengthError, Parsed, Window
from detectors.models import Source
from detectors.services.ingest import IngestResult
from detectors.services.source import ensure_source, source_of_token

CHUNK: Final = 64 * 1024
MAX_SHOWN: Final = 20  # reasons in the `errors` of a request of which nothing was stored
CONSOLE: Final = "console"


def has_body(request: Request) -> bool:
    """Whether the sender says that something follows."""
    return (
        request.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in request.headers
    )


def batch(request: Request) -> Batch:
    """Items of the request. Raises BodyError and its kin."""
    check_length(request, "a signal or a list of signals")
    media_type = ingest.check_media_type(request.headers.get("Content-Type", ""))
    return ingest.split(body(request), media_type)


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


def answer(result: IngestResult, parsed: Parsed) -> Response:
    """201 something new, 200 all known, 207 some refused, 400 all refused."""
    if parsed.bad:
        return Response(_said(result, parsed), status=207 if parsed.good else 400)
    return Response(_said(result, parsed), status=201 if result.accepted else 200)


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
