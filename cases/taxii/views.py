"""What the TAXII server answers to who reads, and the addresses to which partners write."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.views.decorators.csrf import csrf_exempt

from abusedesk.core.models import ApiToken
from cases.models import Organisation, Partner, PatternRelease, PostedObject, SharedObject
from cases.selectors.taxii import circles_by_partner
from cases.services.handover import record_page
from cases.services.pattern_out import record_pattern_page
from cases.taxii import paging, posts
from cases.taxii.answers import MAX_BODY, MEDIA, STIX, RefusedError, endpoint, moment, told
from cases.taxii.paging import Asked
from cases.taxii.places import Place, circle_of, place_of, places_of

Row = SharedObject | PatternRelease | PostedObject
Rows = Sequence[Row]


@endpoint()
def discovery(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """The roots that this client may see."""
    roots = [f"/taxii2/{one.slug}/" for one in circles_by_partner(token.user)]
    maker = Organisation.objects.first()
    said = {"title": maker.name if maker else "abusedesk", "api_roots": roots}
    return told(said | ({"default": roots[0]} if roots else {}))


@endpoint()
def root(request: HttpRequest, token: ApiToken, circle_slug: str) -> HttpResponse:
    """One circle."""
    circle = circle_of(token, circle_slug)
    return told({"title": circle.title, "versions": [MEDIA], "max_content_length": MAX_BODY})


@endpoint()
def status(request: HttpRequest, token: ApiToken, circle_slug: str, status_id: str) -> HttpResponse:
    """What became of a post, for who posted it."""
    return posts.status_answer(token, circle_of(token, circle_slug), status_id)


@endpoint()
def collections(request: HttpRequest, token: ApiToken, circle_slug: str) -> HttpResponse:
    """What the circle offers."""
    places = places_of(token, circle_of(token, circle_slug))
    return told({"collections": [place.told() for place in places]})


@endpoint()
def collection(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str
) -> HttpResponse:
    """The collection, and the marks that this client may read in it."""
    return told(place_of(token, circle_slug, collection_id).told())


@endpoint("POST")
def objects(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str
) -> HttpResponse:
    """A page of objects; POST adds some to an inbox."""
    place = place_of(token, circle_slug, collection_id)
    if request.method == "POST":
        return posts.post(request, place)
    return _objects(request, place)


@endpoint("DELETE")
def object(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str, object_id: str
) -> HttpResponse:
    """Versions of one object; DELETE takes back what the client added."""
    place = place_of(token, circle_slug, collection_id)
    if request.method == "DELETE":
        _known(place, object_id)
        return posts.delete(request, place, object_id)
    return _objects(request, place, object_id)


@endpoint()
def manifest(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str
) -> HttpResponse:
    """What a page of objects would be."""
    rows, more = _page(request, place_of(token, circle_slug, collection_id), "manifest")
    said = [
        {
            "id": one.stix_id,
            "date_added": moment(one.added_at),
            "version": moment(one.version),
            "media_type": STIX,
        }
        for one in rows
    ]
    return _paged(rows, f'"objects":{json.dumps(said)}', more)


@endpoint()
def versions(
    request: HttpRequest, token: ApiToken, circle_slug: str, collection_id: str, object_id: str
) -> HttpResponse:
    """The versions of one object, the newest last."""
    place = place_of(token, circle_slug, collection_id)
    rows, more = _page(request, place, "versions", object_id)
    said = json.dumps([moment(one.version) for one in rows])
    return _paged(rows, f'"versions":{said}', more)


@csrf_exempt
def nowhere(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every other address: with a slash at its end it may be one."""
    if not request.path.endswith("/"):
        query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
        return HttpResponsePermanentRedirect(f"/taxii2/{path}/{query}", preserve_request=True)
    return _nowhere(request)


@endpoint()
def _nowhere(request: HttpRequest, token: ApiToken) -> HttpResponse:
    raise RefusedError(404, "Not found")


def _objects(request: HttpRequest, place: Place, object_id: str = "") -> HttpResponse:
    """Each with the bytes that were approved; the ledger keeps that it left."""
    rows, more = _page(request, place, "objects", object_id)
    shared = [one for one in rows if isinstance(one, SharedObject)]
    if shared:
        user = place.token.user
        partner = Partner.objects.get(user=user)
        record_page(actor=user, token=place.token, partner=partner, objects=shared)
    patterns = [one for one in rows if isinstance(one, PatternRelease)]
    if patterns:
        record_pattern_page(
            actor=place.token.user,
            token=place.token,
            partner=Partner.objects.get(user=place.token.user),
            releases=patterns,
        )
    bodies = ",".join(one.body for one in rows)
    return _paged(rows, f'"objects":[{bodies}]', more)


def _page(request: HttpRequest, place: Place, what: str, object_id: str = "") -> tuple[Rows, str]:
    """Rows of this page and where the next one begins; empty on the last."""
    query = {name: request.GET.getlist(name) for name in request.GET}
    maker = Organisation.objects.first()
    key = maker.cursor_secret if maker else ""
    at = f"{what} {place.id} {object_id}"
    asked = paging.read(query, place=at, key=key)
    if object_id:
        _known(place, object_id)
        version = ("all",) if what == "versions" else asked.versions
        match = {**asked.match, "id": (object_id,), "version": version}
        asked = Asked(match, asked.after, asked.limit, asked.since)
    found: list[SharedObject | PatternRelease | PostedObject] = [
        *place.rows(asked)[: asked.limit + 1]
    ]
    rows = found[: asked.limit]
    if len(found) <= asked.limit:
        return rows, ""
    return rows, paging.cursor(query, asked, place=at, seq=rows[-1].seq, key=key)


def _known(place: Place, object_id: str) -> None:
    """Unknown and not permitted are the same 404."""
    any_of_it = Asked({"id": (object_id,), "version": ("all",)})
    if "\x00" in object_id or not place.rows(any_of_it).exists():
        raise RefusedError(404, "Not found")


def _paged(rows: Rows, said: str, following: str) -> HttpResponse:
    if not rows:
        return HttpResponse("{}", content_type=MEDIA)
    more = f'"more":true,"next":{json.dumps(following)}' if following else '"more":false'
    answer = HttpResponse(f"{{{more},{said}}}", content_type=MEDIA)
    answer["X-TAXII-Date-Added-First"] = moment(rows[0].added_at)
    answer["X-TAXII-Date-Added-Last"] = moment(rows[-1].added_at)
    return answer
