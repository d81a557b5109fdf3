"""One page of another TAXII server: which to ask for, and how far it leads. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

from cases.taking.limits import moment_of

MEDIA: Final = "application/taxii+json;version=2.1"
PAGE: Final = 1_000
MAX_CURSOR: Final = 4_000
LOOPS: Final = 3
"""Pages that lead nowhere after which a server is not believed any more."""
_NOWHERE, _KNOWN = 1_000, 1
"""What such a page weighs, and one that only repeats: many objects may share one moment."""
MOST_WAIT: Final = timedelta(days=1)
LAST: Final = "x-taxii-date-added-last"


class BadPageError(ValueError):
    """What came is no page; the sentence says why."""


class WaitError(Exception):
    """The other server asks for patience."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"asked to wait {wait}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Place:
    """How far a collection is read.

    cursor: `next` of the page before. after: behind which moment this run began. ran_to: the
    moment of the last object that was committed. stuck: what pages without anything new weigh.
    """

    cursor: str = ""
    after: str = ""
    ran_to: str = ""
    stuck: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """objects: as they came. more: whether there is another page; last: moment of its last one."""

    objects: list[Any] = field(default_factory=list)
    more: bool = False
    next: str = ""
    last: str = ""


def address_of(url: str, place: Place) -> str:
    """Where the page behind a place is. Filters stand on each page: some servers want that."""
    query = {"limit": str(PAGE)}
    if place.after:
        query["added_after"] = place.after
    if place.cursor:
        query["next"] = place.cursor
    return f"{url.rstrip('/')}/objects/?{urlencode(query)}"


def page_of(body: bytes, headers: Mapping[str, str]) -> Page:
    """What came. Raises BadPageError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        message = "The answer is no TAXII envelope."
        raise BadPageError(message)
    objects, following = said.get("objects", []), said.get("next", "")
    if not isinstance(objects, list) or not isinstance(following, str):
        message = "The answer is no TAXII envelope."
        raise BadPageError(message)
    if len(following) > MAX_CURSOR:
        message = f"The next page has a name of more than {MAX_CURSOR:,} characters."
        raise BadPageError(message)
    last = headers.get(LAST, "")
    return Page(objects, said.get("more") is True, following, last if moment_of(last) else "")


def behind(place: Place, page: Page, fresh: int) -> Place:
    """Where reading goes on, once this page is committed. fresh: objects of it that were new.

    Raises BadPageError where nothing moved for too long, or a server says more and not where.
    """
    ran_to = max(place.ran_to, page.last, key=_order)
    moved = fresh > 0 or ran_to != place.ran_to
    repeats = bool(page.objects) and page.next not in ("", place.cursor)
    stuck = 0 if moved or not page.more else place.stuck + (_KNOWN if repeats else _NOWHERE)
    if stuck >= LOOPS * _NOWHERE:
        message = f"{LOOPS} pages in a row had nothing new, and it says that there is more."
        raise BadPageError(message)
    if not page.more:
        return Place(after=just_before(ran_to) or place.after, ran_to=ran_to)
    if page.next:
        return Place(page.next, place.after, ran_to, stuck)
    if not ran_to:
        message = "It says that there is more, and not where."
        raise BadPageError(message)
    return Place("", just_before(ran_to), ran_to, stuck)


def without_cursor(place: Place) -> Place:
    """Where to go on when a server does not know its own `next` any more."""
    return replace(place, cursor="", after=just_before(place.ran_to) or place.after)


def just_before(moment: str) -> str:
    """A microsecond earlier: objects may share their moment, and `added_after` leaves it out."""
    at = moment_of(moment)
    if at is None:
        return ""
    return (at - timedelta(microseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def headers_for(auth: str, username: str, secret: str) -> dict[str, str]:
    """What a request says of itself and of who asks."""
    words = {
        "bearer": f"Bearer {secret}",
        "token": f"Token {secret}",
        "basic": "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode(),
    }
    said = {"Accept": MEDIA}
    return said | ({"Authorization": words[auth]} if auth in words else {})


def wait_of(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What `Retry-After` asks for: seconds or a date, at most a day."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return min(MOST_WAIT, timedelta(seconds=int(said[:9])))
    try:
        until = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(MOST_WAIT, max(timedelta(), until - now))


def _order(moment: str) -> datetime:
    return moment_of(moment) or datetime.min.replace(tzinfo=UTC)
