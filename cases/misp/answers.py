"""Answers of MISP feeds: who asks, files that have not changed, errors of one shape."""

from __future__ import annotations

import hashlib
import json
from functools import wraps
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cases.taxii.answers import READING, Answer, RefusedError, allowed, token_of

JSON: Final = "application/json"


def endpoint(view: Answer) -> Answer:
    """Who asks, with a token as over TAXII; everything that goes wrong in one shape."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, **parts: str) -> HttpResponse:
        try:
            token = token_of(request)
            allowed(request, READING)
            return view(request, token, **parts)
        except RefusedError as refused:
            return fault(refused)

    return answer


def is_known(request: HttpRequest, body: bytes) -> bool:
    """Whether the client has these bytes already."""
    said = request.headers.get("If-None-Match", "")
    return etag_of(body) in {one.strip().removeprefix("W/") for one in said.split(",")}


def file(request: HttpRequest, body: bytes, media_type: str) -> HttpResponse:
    """A file of the feed, or 304 where the client has it. For this client alone."""
    if is_known(request, body):
        answer = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        answer = HttpResponse(body, content_type=media_type)
    answer["ETag"] = etag_of(body)
    answer["Cache-Control"] = "private, no-cache"
    answer["Vary"] = "Authorization"
    return answer


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def fault(refused: RefusedError) -> HttpResponse:
    said = {"name": refused.title, "message": refused.description or refused.title}
    answer = HttpResponse(json.dumps(said), content_type=JSON, status=refused.status)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = "Bearer, Basic realm=misp"
    if refused.allow:
        answer["Allow"] = refused.allow
    return answer
