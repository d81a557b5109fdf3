"""Reads feeds page by page; a page and how far it leads are committed together."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import structlog
from django.db import transaction

from abusedesk.core import audit, clock, outbound, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import Role, User
from abusedesk.core.outbound import OutboundError, Reply
from abusedesk.core.queueing import wake
from cases import notices
from cases.choices import FeedKind, FeedMode, NoticeKind
from cases.models import Feed
from cases.services.answering import finish_run
from cases.services.feed import PURPOSE, terms_of
from cases.services.misp_polling import read_folder
from cases.services.receiving import receive_pattern
from cases.services.taking import Origin, take_objects
from cases.taking import taxii
from cases.taking.taxii import BadPageError, Page, Place, WaitError

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 60.0
MAX_PAGE: Final = 10 * 1024 * 1024
BUDGET_S: Final = 240.0
LEASE: Final = timedelta(minutes=5)
"""For how long nobody else reads a feed that somebody began to read."""
FAILURES: Final = 10
MOST_BACKOFF_MIN: Final = 360
_LOST_CURSOR: Final = frozenset({400, 404, 410, 422})


def poll_feed(*, feed_id: int) -> int:
    """Read what is new, until there is no more or the time is up. Returns how often it asked.

    Whatever goes wrong is kept with the feed; a worker that dies loses and doubles nothing.
    """
    feed = _begun(feed_id)
    ends, pages = time.monotonic() + BUDGET_S, 0
    while feed is not None:
        following = _tried(feed)
        pages += 1
        if following is not None and time.monotonic() > ends:
            Feed.objects.filter(pk=feed_id).update(due_at=clock.now())
            wake("cases.share_poll", feed_id)
            return pages
        feed = following
    if pages and Feed.objects.filter(pk=feed_id, failures=0, paused="").exists():
        finish_run(feed_id=feed_id)
    return pages


def _tried(feed: Feed) -> Feed | None:
    """The feed while there is more of it; trouble is kept with it."""
    try:
        return _READERS[FeedKind(feed.kind)](feed)
    except WaitError as asked:
        _wait(feed, asked.wait)
    except (OutboundError, BadPageError, AbuseDeskError, sealing.LostError) as error:
        _failed(feed, str(error), at_once=isinstance(error, BadPageError | sealing.LostError))
    return None


def wake_feeds() -> None:
    """Wake a worker for each feed that is due."""
    due = Feed.objects.filter(active=True, paused="", due_at__lte=clock.now())
    for pk in due.values_list("pk", flat=True)[:50]:
        wake("cases.share_poll", pk)


@transaction.atomic
def _begun(feed_id: int) -> Feed | None:
    """The feed where it is due and nobody else reads it."""
    rows = Feed.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    rows = rows.select_related("owner", "partner")
    feed = rows.filter(pk=feed_id, active=True, paused="", due_at__lte=clock.now()).first()
    if feed is not None:
        feed.due_at = clock.now() + LEASE
        feed.save(update_fields=["due_at"])
    return feed


def _next_page(feed: Feed) -> Feed | None:
    """Fetch a page and commit it. Returns the feed while there is more of it."""
    place = place_of(feed=feed)
    reply = _asked(feed, place)
    if reply.status in _LOST_CURSOR and place.cursor:
        place = taxii.without_cursor(place)
        reply = _asked(feed, place)
    if reply.status != HTTPStatus.OK:
        wait = taxii.wait_of(reply.headers, clock.now())
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS or wait is not None:
            raise WaitError(wait or timedelta(minutes=feed.every_min))
        message = f"The server answered {reply.status}."
        raise OutboundError(message)
    return _committed(feed, place, taxii.page_of(reply.body, reply.headers))


def _asked(feed: Feed, place: Place) -> Reply:
    secret = sealing.unseal(feed.secret, purpose=PURPOSE)
    return outbound.fetch(
        taxii.address_of(feed.url, place),
        headers=taxii.headers_for(feed.auth, feed.username, secret),
        timeout_s=TIMEOUT_S,
        max_bytes=MAX_PAGE,
    )


@transaction.atomic
def _committed(read: Feed, place: Place, page: Page) -> Feed | None:
    """The objects of a page and the place behind it; nothing where somebody else was faster."""
    rows = Feed.objects.select_for_update(no_key=True, of=("self",))
    feed = rows.select_related("owner", "partner").get(pk=read.pk)
    if place_of(feed=feed) != place_of(feed=read) or not feed.active:
        return None
    name = f"{feed.title}, page {feed.pages + 1}"
    origin = Origin(terms_of(row=feed), FeedMode(feed.mode), feed, feed.partner, name)
    taken = take_objects(actor=feed.owner, origin=origin, objects=page.objects)
    if feed.partner is not None:  # patterns go into quarantine; what is revoked stops
        receive_pattern(actor=None, partner=feed.partner, objects=taken.kept)
    behind = taxii.behind(place, page, taken.fresh)
    feed.cursor, feed.after = behind.cursor, behind.after
    feed.ran_to, feed.stuck = behind.ran_to, behind.stuck
    feed.pages, feed.taken = feed.pages + 1, feed.taken + taken.fresh
    feed.failures, feed.fault, feed.read_at = 0, "", clock.now()
    feed.due_at = clock.now() + (LEASE if page.more else timedelta(minutes=feed.every_min))
    feed.save()
    return feed if page.more else None


_READERS: Final[dict[FeedKind, Callable[[Feed], Feed | None]]] = {
    FeedKind.TAXII: _next_page,
    FeedKind.MISP: lambda feed: read_folder(feed=feed),
}


def place_of(*, feed: Feed) -> Place:
    """How far a feed is read."""
    return Place(feed.cursor, feed.after, feed.ran_to, feed.stuck)


@transaction.atomic
def _wait(read: Feed, wait: timedelta) -> None:
    feed = Feed.objects.select_for_update(no_key=True, of=("self",)).get(pk=read.pk)
    feed.due_at = clock.now() + max(wait, timedelta(seconds=1))
    feed.fault = "The server asked to wait."
    feed.save(update_fields=["due_at", "fault"])


@transaction.atomic
def _failed(read: Feed, why: str, *, at_once: bool) -> None:
    """Try again later and later; after ten failures, or where no time heals it, wait for a person.

    at_once: what trying again would not mend.
    """
    feed = Feed.objects.select_for_update(no_key=True, of=("self",)).get(pk=read.pk)
    feed.failures += 1
    feed.fault = why.replace("\x00", "")[:300]
    minutes = min(MOST_BACKOFF_MIN, 2**feed.failures)
    feed.due_at = clock.now() + timedelta(minutes=minutes)
    if at_once or feed.failures >= FAILURES:
        feed.paused = feed.fault
        audit.append(actor=None, verb=Verb.FEED_PAUSED, target=feed, slug=feed.slug, why=feed.fault)
        admins = User.objects.filter(is_active=True, role=Role.ADMIN)
        notices.give_of_feed(feed.slug, NoticeKind.FEED, admins)
    feed.save(update_fields=["failures", "fault", "due_at", "paused"])
    log.warning("A feed could not be read", feed=feed.slug, why=feed.fault)
