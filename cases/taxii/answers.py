"""Answers of the TAXII server: media types, who asks, errors of one shape."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from abusedesk.core import ids
from abusedesk.core.models import ApiToken, Scope
from abusedesk.core.sealing import LostError
from abusedesk.core.tokens import find_token
from cases.selectors.taxii import is_partner_by_user
from cases.taxii.paging import WrongError

MEDIA: Final = "application/taxii+json;version=2.1"
STIX: Final = "application/stix+json;version=2.1"
MAX_BODY: Final = 10 * 1024 * 1024
ACCEPTED: Final = frozenset({"*/*", "application/*", "application/taxii+json", ""})
READING: Final = ("GET", "HEAD")


class RefusedError(Exception):
    """An answer that is none. The sentence names nothing that the client may not know."""

    def __init__(self, status: int, title: str, description: str = "", allow: str = "") -> None:
        super().__init__(description or title)
        self.status, self.title, self.description = status, title, description
        self.allow = allow


Answer = Callable[..., HttpResponse]


def endpoint(*methods: str) -> Callable[[Answer], Answer]:
    """Who asks, in which media type; everything that goes wrong in one shape."""
    accepted = (*READING, *methods)

    def of(view: Answer) -> Answer:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, **parts: str) -> HttpResponse:
            try:
                token = token_of(request)
                _acceptable(request)
                allowed(request, accepted)
                return view(request, token, **parts)
            except WrongError as error:
                return fault(RefusedError(400, "ProcessingError", str(error)))
            except RefusedError as refused:
                return fault(refused)
            except LostError:
                # The desk's secret key is another one by now; its page of partners says what to do.
                return fault(RefusedError(503, "Unavailable", "Pages cannot be marked now."))

        return answer

    return of


def envelope(request: HttpRequest) -> list[object]:
    """The objects of a request. Raises RefusedError."""
    kind, *params = _kind(request)
    version = next((one[8:].strip('"') for one in params if one.startswith("version=")), "2.1")
    if kind != "application/taxii+json" or version != "2.1":
        raise RefusedError(415, "Unsupported media type", f"Send {MEDIA}.")
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise RefusedError(413, "Too large", f"A request has at most {MAX_BODY:,} bytes.")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    objects = said.get("objects") if isinstance(said, dict) else None
    if not isinstance(objects, list):
        sentence = "While processing supplied content, an error occurred: it is no envelope."
        raise RefusedError(422, "ProcessingError", sentence)
    return objects


def told(what: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(what), content_type=MEDIA, status=status)


def fault(refused: RefusedError) -> HttpResponse:
    said = {
        "title": refused.title,
        "description": refused.description or refused.title,
        "error_id": str(ids.new_uuid()),
        "http_status": str(refused.status),
    }
    answer = told(said, refused.status)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = "Bearer, Basic realm=taxii"
    if refused.allow:
        answer["Allow"] = refused.allow
    return answer


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def allowed(request: HttpRequest, methods: Sequence[str]) -> None:
    if request.method not in methods:
        raise RefusedError(405, "Method not allowed", allow=", ".join(methods))


def _kind(request: HttpRequest) -> list[str]:
    said = request.headers.get("Content-Type", "")
    return [one.strip().casefold() for one in said.split(";")]


def token_of(request: HttpRequest) -> ApiToken:
    """The token of a partner: as Bearer, as Token, or as the password of Basic."""
    word, _, rest = request.headers.get("Authorization", "").partition(" ")
    plain = rest.strip()
    if word.casefold() == "basic":
        try:
            plain = base64.b64decode(plain, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            plain = ""
    known = word.casefold() in ("bearer", "token", "basic")
    token = find_token(plain) if known and plain else None
    if token is None or Scope.SHARE not in token.scopes or not is_partner_by_user(token.user):
        raise RefusedError(401, "Unauthorized", "A token of a partner is needed.")
    return token


def _acceptable(request: HttpRequest) -> None:
    for part in request.headers.get("Accept", "").split(","):
        kind, *params = (one.strip().casefold() for one in part.split(";"))
        version = next((one[8:].strip('"') for one in params if one.startswith("version=")), "2.1")
        if kind in ACCEPTED and version == "2.1":
            return
    raise RefusedError(406, "Not acceptable", f"This server speaks {MEDIA}.")
