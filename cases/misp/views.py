"""The files of a MISP feed: manifest, table of hashes, events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from abusedesk.core.models import ApiToken
from cases.misp.answers import JSON, endpoint, file, is_known
from cases.models import Partner, SharedEvent
from cases.selectors.misp import events_by_partner
from cases.services.misp_handover import record_events, untold_events
from cases.taxii.answers import RefusedError
from cases.taxii.places import circle_of
from detectors.intel.misp.feed import hashes_of, manifest_of

CSV: Final = "text/csv; charset=utf-8"


@endpoint
def manifest(request: HttpRequest, token: ApiToken, circle_slug: str) -> HttpResponse:
    """Which events there are, and when each changed."""
    events = events_by_partner(circle_of(token, circle_slug), token.user)
    body = manifest_of({str(one.uuid): one.head for one in events})
    return _told(request, token, events, body, JSON)


@endpoint
def hashes(request: HttpRequest, token: ApiToken, circle_slug: str) -> HttpResponse:
    """MD5 of each value, and the event that it stands in."""
    events = events_by_partner(circle_of(token, circle_slug), token.user)
    body = hashes_of((digest, str(one.uuid)) for one in events for digest in one.digests)
    return _told(request, token, events, body, CSV)


@endpoint
def event(
    request: HttpRequest, token: ApiToken, circle_slug: str, event_uuid: UUID
) -> HttpResponse:
    """One event, with the bytes that were approved; the ledger keeps that it left."""
    events = events_by_partner(circle_of(token, circle_slug), token.user, uuid=event_uuid)
    if not events:
        raise RefusedError(404, "Not found")
    body = events[0].now.encode()
    if not is_known(request, body):
        _record(token, events, body)
    return file(request, body, JSON)


@endpoint
def nowhere(request: HttpRequest, token: ApiToken, path: str = "") -> HttpResponse:
    """Every other address."""
    raise RefusedError(404, "Not found")


def _told(
    request: HttpRequest, token: ApiToken, events: Sequence[SharedEvent], body: bytes, kind: str
) -> HttpResponse:
    """A list names titles and hashes of values, so what it tells for the first time is noted."""
    if not is_known(request, body):
        partner = Partner.objects.get(user=token.user)
        if untold := untold_events(partner=partner, events=events):
            _record(token, untold, body)
    return file(request, body, kind)


def _record(token: ApiToken, events: Sequence[SharedEvent], body: bytes) -> None:
    partner = Partner.objects.get(user=token.user)
    record_events(actor=token.user, token=token, partner=partner, events=events, body=body)
