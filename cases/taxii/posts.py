"""What the TAXII server answers to who writes: statuses, refusals, deletions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from abusedesk.core.errors import ForbiddenError
from abusedesk.core.models import ApiToken
from cases.choices import PostState
from cases.models import Circle, Inbox, PostStatus
from cases.selectors.taxii import post_status_by_uuid, posted_by_partner
from cases.services.inbox import delete_posted, post_objects
from cases.taking.limits import MAX_OBJECTS
from cases.taxii import paging
from cases.taxii.answers import RefusedError, envelope, moment, told
from cases.taxii.paging import Asked
from cases.taxii.places import Place


def post(request: HttpRequest, place: Place) -> HttpResponse:
    """202 with a status; what is wrong with one object stands in it, and costs no other."""
    inbox = _writable(place)
    objects = envelope(request)
    if len(objects) > MAX_OBJECTS:
        raise RefusedError(413, "Too large", f"A request has at most {MAX_OBJECTS:,} objects.")
    try:
        status = post_objects(actor=place.token.user, inbox=inbox, objects=objects)
    except ForbiddenError:
        raise RefusedError(403, "Forbidden", "Nobody may write here now.") from None
    return told(_status(status), status=202)


def delete(request: HttpRequest, place: Place, object_id: str) -> HttpResponse:
    """All versions of an object, or those that the filter names."""
    inbox = _writable(place)
    query = {name: request.GET.getlist(name) for name in request.GET}
    asked = paging.read(query, place="delete", key="")
    version = asked.match.get("version", ("all",))
    match = {**asked.match, "id": (object_id,), "version": version}
    rows = list(posted_by_partner(inbox, place.token.user, Asked(match)))
    try:
        delete_posted(actor=place.token.user, inbox=inbox, rows=rows)
    except ForbiddenError:
        raise RefusedError(403, "Forbidden", "Nobody may delete here now.") from None
    return told({})


def status_answer(token: ApiToken, circle: Circle, status_id: str) -> HttpResponse:
    """The status of a post. Raises RefusedError for another's, as for none."""
    try:
        uuid = UUID(status_id)
    except ValueError:
        raise RefusedError(404, "Not found") from None
    row = post_status_by_uuid(uuid, circle, token.user)
    if row is None:
        raise RefusedError(404, "Not found")
    return told(_status(row))


def _writable(place: Place) -> Inbox:
    if place.inbox is None:
        raise RefusedError(403, "Forbidden", "This collection is only read.")
    return place.inbox


def _status(row: PostStatus) -> dict[str, Any]:
    pending = [_named(one) for one in row.waiting]
    return {
        "id": str(row.uuid),
        "status": PostState(row.state).value,
        "request_timestamp": moment(row.at),
        "total_count": row.total,
        "success_count": len(row.successes),
        "successes": [_detail(one) for one in row.successes],
        "failure_count": len(row.failures),
        "failures": [_detail(one) for one in row.failures],
        "pending_count": len(pending),
        "pendings": [one for one in pending if one["id"]],
    }


def _named(one: Any) -> dict[str, str]:
    said = one if isinstance(one, dict) else {}
    version = said.get("modified") or said.get("created") or ""
    return _detail({"id": str(said.get("id", ""))[:100], "version": str(version)[:40]})


def _detail(one: dict[str, Any]) -> dict[str, str]:
    """The standard wants a version, and an observable has none."""
    kept = {name: str(value) for name, value in one.items() if value}
    return {"id": "", "version": "", **kept}
