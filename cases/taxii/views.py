"""Answers of the TAXII server: media types, who asks, errors of one shape, pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.views.decorators.csrf import csrf_exempt

from abusedesk.core import ids
from abusedesk.core.models import ApiToken, Scope
from abusedesk.core.tokens import find_token
from cases.models import Circle, Organisation, Partner, SharedObject
from cases.selectors.taxii import (
    circles_by_partner,
    is_partner_by_user,
    levels_by_partner,
    objects_by_partner,
)
from cases.services.handover import record_page
from cases.taxii import paging
from cases.taxii.paging import Asked, WrongError

MEDIA: Final = "application/taxii+json;version=2.1"
STIX: Final = "application/stix+json;version=2.1"
MAX_BODY: Final = 10 * 1024 * 1024
ACCEPTED: Final = frozenset({"*/*", "application/*", "application/taxii+json", ""})
TITLE: Final = "Objects"


class RefusedError(Exception):
    """An answer that is none. The sentence names nothing that the client may not know."""

    def __init__(self, status: int, title: str, description: str = "") -> None:
        super().__init__(description or title)
        self.status, self.title, self.description = status, title, description


Answer = Callable[..., HttpResponse]


def endpoint(view: Answer) -> Answer:
    """Who asks, in which media type; everything that goes wrong in one shape."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, **parts: str) -> HttpResponse:
        try:
            token = _token(request)
            _acceptable(request)
            _readable(request)
            return view(request, token, **parts)
        except WrongError as error:
            return _fault(RefusedError(400, "ProcessingError", str(error)))
        except RefusedError as refused:
            return _fault(refused)

    return answer


@endpoint
def discovery(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """The roots that this client may see."""
    roots = [f"/taxii2/{one.slug}/" for one in circles_by_partner(token.user)]
    maker = Organisation.objects.first()
    told = {"title": maker.name if maker else "abusedesk", "api_roots": roots}
    return _json(told | ({"default": roots[0]} if roots else {}))


@endpoint
def root(request: HttpRequest, token: ApiToken, circle_slug: str) -> HttpResponse:
    """One circle."""
    circle = _circle(token, circle_slug)
    return _json({"title": circle.title, "versions": [MEDIA], "max_content_length": MAX_BODY})


@endpoint
def collections(request: HttpRequest, token: ApiToken, circle_slug: str) -> HttpResponse:
    """What the circle offers."""
    circle = _circle(token, circle_slug)
    return _json({"collections": [_collection(circle, token)]})


@endpoint
def collection(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str
) -> HttpResponse:
    """The collection, and the marks that this client may read in it."""
    return _json(_collection(_of(token, circle_slug, collection_id), token))


@endpoint
def objects(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str, object_id: str = ""
) -> HttpResponse:
    """A page of objects, each with the bytes that were approved; the ledger keeps that it left."""
    circle = _of(token, circle_slug, collection_id)
    rows, more = _page(request, token, circle, "objects", object_id)
    if rows:
        partner = Partner.objects.get(user=token.user)
        record_page(actor=token.user, token=token, partner=partner, objects=rows)
    bodies = ",".join(one.body for one in rows)
    return _paged(rows, f'"objects":[{bodies}]', more)


@endpoint
def manifest(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str
) -> HttpResponse:
    """What a page of objects would be."""
    circle = _of(token, circle_slug, collection_id)
    rows, more = _page(request, token, circle, "manifest")
    told = [
        {
            "id": one.stix_id,
            "date_added": _moment(one.added_at),
            "version": _moment(one.version),
            "media_type": STIX,
        }
        for one in rows
    ]
    return _paged(rows, f'"objects":{json.dumps(told)}', more)


@endpoint
def versions(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str, object_id: str
) -> HttpResponse:
    """The versions of one object, the newest last."""
    circle = _of(token, circle_slug, collection_id)
    rows, more = _page(request, token, circle, "versions", object_id)
    told = json.dumps([_moment(one.version) for one in rows])
    return _paged(rows, f'"versions":{told}', more)


@csrf_exempt
def nowhere(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every other address: with a slash at its end it may be one."""
    if not request.path.endswith("/"):
        query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
        return HttpResponsePermanentRedirect(f"/taxii2/{path}/{query}", preserve_request=True)
    return _nowhere(request)


@endpoint
def _nowhere(request: HttpRequest, token: ApiToken) -> HttpResponse:
    raise RefusedError(404, "Not found")


def _page(
    request: HttpRequest, token: ApiToken, circle: Circle, what: str, object_id: str = ""
) -> tuple[list[SharedObject], str]:
    """Rows of this page and where the next one begins; empty on the last."""
    query = {name: request.GET.getlist(name) for name in request.GET}
    maker = Organisation.objects.first()
    key = maker.cursor_key if maker else ""
    place = f"{what} {circle.collection} {object_id}"
    asked = paging.read(query, place=place, key=key)
    if object_id:
        _known(circle, token, object_id)
        version = ("all",) if what == "versions" else asked.versions
        match = {**asked.match, "id": (object_id,), "version": version}
        asked = Asked(match, asked.after, asked.limit, asked.since)
    found = list(objects_by_partner(circle, token.user, asked)[: asked.limit + 1])
    rows = found[: asked.limit]
    if len(found) <= asked.limit:
        return rows, ""
    return rows, paging.cursor(query, asked, place=place, seq=rows[-1].seq, key=key)


def _known(circle: Circle, token: ApiToken, object_id: str) -> None:
    """Unknown and not permitted are the same 404."""
    any_of_it = Asked({"id": (object_id,), "version": ("all",)})
    if "\x00" in object_id or not objects_by_partner(circle, token.user, any_of_it).exists():
        raise RefusedError(404, "Not found")


def _paged(rows: list[SharedObject], told: str, following: str) -> HttpResponse:
    if not rows:
        return HttpResponse("{}", content_type=MEDIA)
    more = f'"more":true,"next":{json.dumps(following)}' if following else '"more":false'
    answer = HttpResponse(f"{{{more},{told}}}", content_type=MEDIA)
    answer["X-TAXII-Date-Added-First"] = _moment(rows[0].added_at)
    answer["X-TAXII-Date-Added-Last"] = _moment(rows[-1].added_at)
    return answer


def _collection(circle: Circle, token: ApiToken) -> dict[str, Any]:
    return {
        "id": str(circle.collection),
        "title": TITLE,
        "alias": "objects",
        "can_read": True,
        "can_write": False,
        "media_types": [STIX],
        "x_abusedesk_markings": levels_by_partner(circle, token.user),
    }


def _circle(token: ApiToken, slug: str) -> Circle:
    found = (one for one in circles_by_partner(token.user) if one.slug == slug)
    circle = next(found, None)
    if circle is None:
        raise RefusedError(404, "Not found")
    return circle


def _of(token: ApiToken, circle_slug: str, collection_id: str) -> Circle:
    circle = _circle(token, circle_slug)
    if collection_id not in (str(circle.collection), "objects"):
        raise RefusedError(404, "Not found")
    return circle


def _token(request: HttpRequest) -> ApiToken:
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


def _readable(request: HttpRequest) -> None:
    if request.method not in ("GET", "HEAD"):
        raise RefusedError(405, "Method not allowed")


def _acceptable(request: HttpRequest) -> None:
    for part in request.headers.get("Accept", "").split(","):
        kind, *params = (one.strip().casefold() for one in part.split(";"))
        version = next((one[8:].strip('"') for one in params if one.startswith("version=")), "2.1")
        if kind in ACCEPTED and version == "2.1":
            return
    raise RefusedError(406, "Not acceptable", f"This server speaks {MEDIA}.")


def _json(told: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(told), content_type=MEDIA, status=status)


def _fault(refused: RefusedError) -> HttpResponse:
    told = {
        "title": refused.title,
        "description": refused.description or refused.title,
        "error_id": str(ids.new_uuid()),
        "http_status": str(refused.status),
    }
    answer = _json(told, refused.status)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = "Bearer, Basic realm=taxii"
    if refused.status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer["Allow"] = "GET, HEAD"
    return answer


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
