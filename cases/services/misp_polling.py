"""Reads MISP feeds: the manifest when it changed, then each changed event, one at a time.

What is still to be read lies in the database: a worker that dies loses and doubles nothing.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID

from django.db import transaction

from abusedesk.core import clock, outbound, sealing
from abusedesk.core.outbound import OutboundError, Reply, TooLargeError
from cases.choices import FeedMode
from cases.models import Feed, FeedEvent
from cases.services.feed import PURPOSE, terms_of
from cases.services.taking import Origin
from cases.services.taking_event import take_event
from cases.taking import misp, taxii
from cases.taking.misp import BadEventError
from cases.taking.taxii import BadPageError, WaitError
from detectors.intel.misp.feed import MANIFEST, stamps_of

TIMEOUT_S: Final = 60.0
MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ETAG: Final = 200
LEASE: Final = timedelta(minutes=5)
STEP: Final = 2_000
# Answer -> why an event is left out until it changes; the rest of the feed is read on.
_SKIPPED: Final = {
    403: "The server does not give it.",
    404: "The server does not have it.",
    410: "The server does not have it any more.",
    413: f"It is larger than {MAX_BYTES // 1024 // 1024} MiB.",
}


def read_folder(*, feed: Feed) -> Feed | None:
    """Read the next event that waits, else the manifest. Returns the feed while there is more.

    Raises OutboundError, BadPageError or WaitError.
    """
    waiting = _waiting(feed)
    if waiting is not None:
        return _event(feed, waiting)
    return _manifest(feed)


def _waiting(feed: Feed) -> FeedEvent | None:
    rows = FeedEvent.objects.filter(feed=feed, waiting=True)
    return rows.order_by("wanted", "pk").first()


def _manifest(feed: Feed) -> Feed | None:
    known = {"If-None-Match": feed.cursor} if feed.cursor else {}
    reply = _asked(feed, MANIFEST, known)
    same = reply.status == HTTPStatus.NOT_MODIFIED and bool(known)
    if not same:
        _require_ok(feed, reply)
    try:
        stamps = {} if same else stamps_of(reply.body)
    except ValueError as error:
        raise BadPageError(str(error)[:200]) from None
    etag = feed.cursor if same else _etag(reply)
    with transaction.atomic():
        held = _locked(feed)
        if held is None:
            return None
        _want(held, stamps)
        return _done(held, etag)


def _etag(reply: Reply) -> str:
    said = reply.headers.get("etag", "")
    return said if len(said) <= MAX_ETAG and said.isascii() and said.isprintable() else ""


def _want(feed: Feed, stamps: dict[str, int]) -> None:
    """Note which events changed since they were read. A manifest does not make time go back."""
    rows = {str(one.uuid): one for one in FeedEvent.objects.filter(feed=feed)}
    later = []
    for uuid, stamp in stamps.items():
        row = rows.get(uuid)
        if row is not None and stamp > row.wanted:
            row.wanted, row.waiting = stamp, True
            later.append(row)
    FeedEvent.objects.bulk_update(later, ["wanted", "waiting"], batch_size=STEP)
    FeedEvent.objects.bulk_create(
        (
            FeedEvent(feed=feed, uuid=UUID(uuid), wanted=stamp)
            for uuid, stamp in stamps.items()
            if uuid not in rows
        ),
        batch_size=STEP,
    )


def _event(feed: Feed, waiting: FeedEvent) -> Feed | None:
    """Fetch one event and commit it. What cannot be kept is told, and not asked for again."""
    try:
        reply = _asked(feed, f"{waiting.uuid}.json", {})
    except TooLargeError:
        reply = Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
    if reply.status not in _SKIPPED:
        _require_ok(feed, reply)
    with transaction.atomic():
        held = _locked(feed)
        rows = FeedEvent.objects.select_for_update(no_key=True, of=("self",))
        row = rows.filter(pk=waiting.pk, waiting=True, wanted=waiting.wanted).first()
        if held is None or row is None:
            return None
        row.waiting, row.fault = False, _taken(held, row, reply)
        row.save(update_fields=["waiting", "fault"])
        return _done(held, held.cursor)


def _taken(feed: Feed, row: FeedEvent, reply: Reply) -> str:
    """Why it was not kept; empty where it was."""
    if reply.status != HTTPStatus.OK:
        return _SKIPPED[reply.status]
    name = f"{feed.title}, event {row.uuid}"
    origin = Origin(terms_of(row=feed), FeedMode(feed.mode), feed, feed.partner, name)
    try:
        event = misp.object_of(reply.body, str(row.uuid))
    except BadEventError as error:
        return str(error).replace("\x00", "")[:300]
    done = take_event(actor=feed.owner, origin=origin, event=event)
    feed.taken += done.fresh
    return next(iter(done.refused.values()), "")


def _done(feed: Feed, etag: str) -> Feed | None:
    """Keep how far it is; the feed while an event waits."""
    more = _waiting(feed) is not None
    feed.cursor, feed.pages = etag, feed.pages + 1
    feed.failures, feed.fault, feed.read_at = 0, "", clock.now()
    feed.due_at = clock.now() + (LEASE if more else timedelta(minutes=feed.every_min))
    feed.save(update_fields=["cursor", "pages", "taken", "failures", "fault", "read_at", "due_at"])
    return feed if more else None


def _locked(read: Feed) -> Feed | None:
    """The feed, held until commit; nothing where somebody changed it meanwhile."""
    rows = Feed.objects.select_for_update(no_key=True, of=("self",))
    feed = rows.select_related("owner", "partner").get(pk=read.pk)
    return feed if feed.active and (feed.url, feed.kind) == (read.url, read.kind) else None


def _asked(feed: Feed, name: str, headers: dict[str, str]) -> Reply:
    secret = sealing.unseal(feed.secret, purpose=PURPOSE)
    who = taxii.headers_for(feed.auth, feed.username, secret)
    return outbound.fetch(
        misp.address_of(feed.url, name),
        headers={**who, "Accept": "*/*", **headers},
        timeout_s=TIMEOUT_S,
        max_bytes=MAX_BYTES,
    )


def _require_ok(feed: Feed, reply: Reply) -> None:
    if reply.status == HTTPStatus.OK:
        return
    wait = taxii.wait_of(reply.headers, clock.now())
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS or wait is not None:
        raise WaitError(wait or timedelta(minutes=feed.every_min))
    message = f"The server answered {reply.status}."
    raise OutboundError(message)
