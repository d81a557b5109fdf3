"""Pages of foreign TAXII servers: where reading goes on, and when it stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.taking import taxii
from cases.taking.limits import moment_of
from cases.taking.taxii import BadPageError, Page, Place

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def told(microseconds: int) -> str:
    return (NOON + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Server:
    """A server of objects with moments, many of which may share one, and one of several manners."""

    def __init__(self, moments: list[int], size: int, manner: str) -> None:
        self.moments, self.size, self.manner = sorted(moments), size, manner

    def page(self, place: Place) -> Page:
        start = 0
        if place.cursor:
            if self.manner == "forgets" and int(place.cursor) % 2:
                raise KeyError(place.cursor)
            start = int(place.cursor)
        elif place.after:
            after = moment_of(place.after)
            assert after is not None
            while start < len(self.moments) and _at(self.moments[start]) <= after:
                start += 1
        end = min(len(self.moments), start + self.size)
        more = end < len(self.moments)
        following = str(end) if more and self.manner != "no-next" else ""
        last = told(self.moments[end - 1]) if end > start else ""
        return Page([*range(start, end)], more, following, last)


def _at(microseconds: int) -> datetime:
    return NOON + timedelta(microseconds=microseconds)


def read_all(server: Server, place: Place | None = None) -> tuple[list[int], Place]:
    """Objects in the order in which they were new, and the place behind the last page."""
    place, found = place or Place(), []
    known: set[int] = set()
    for _ in range(500):
        try:
            page = server.page(place)
        except KeyError:
            place = taxii.without_cursor(place)
            page = server.page(place)
        fresh = [one for one in page.objects if one not in known]
        known |= {*fresh}
        found += fresh
        place = taxii.behind(place, page, len(fresh))
        if not page.more:
            return found, place
    raise AssertionError


@given(
    moments=st.lists(st.integers(0, 8), max_size=40),
    size=st.integers(1, 9),
    manner=st.sampled_from(["next", "forgets"]),
)
def test_every_object_is_read_once_whatever_moments_share_and_cursors_forget(
    moments: list[int], size: int, manner: str
) -> None:
    # A server that forgets its cursors must have room for all objects of one moment on a page.
    if manner == "forgets" and any(moments.count(one) >= size for one in moments):
        return
    server = Server(moments, size, manner)
    found, place = read_all(server)
    assert sorted(found) == list(range(len(moments)))
    server.moments, server.size = [*server.moments, 20, 20, 21], max(size, 3)
    later, _ = read_all(server, place)
    assert set(range(len(moments), len(moments) + 3)) <= set(later)


@given(moments=st.lists(st.integers(0, 10**6), unique=True, max_size=30), size=st.integers(2, 9))
def test_a_server_without_next_is_read_by_moments(moments: list[int], size: int) -> None:
    found, _ = read_all(Server(moments, size, "no-next"))
    assert sorted(found) == list(range(len(moments)))


def test_many_known_objects_of_one_moment_are_no_circle() -> None:
    server = Server([5] * 40, 4, "next")
    _, place = read_all(server)
    known = set(range(40))
    pages = 0
    while pages < 50:
        page = server.page(place)
        place = taxii.behind(place, page, len({*page.objects} - known))
        pages += 1
        if not page.more:
            break
    assert pages == 10


def test_a_server_that_says_more_for_ever_is_left_after_three_pages() -> None:
    place, again = Place(), Page([], more=True, next="x")
    for _ in range(2):
        place = taxii.behind(place, again, 0)
    with pytest.raises(BadPageError, match="3 pages in a row had nothing new"):
        taxii.behind(place, again, 0)
    with pytest.raises(BadPageError, match="not where"):
        taxii.behind(Place(), Page([1], more=True), 1)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nothing", b'{"objects": 1}', b'{"next": 7}', b"[" * 99_999]
)
def test_what_is_no_page_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(BadPageError):
        taxii.page_of(body, {})


def test_a_name_of_the_next_page_that_no_address_holds_is_refused() -> None:
    with pytest.raises(BadPageError, match="more than"):
        taxii.page_of(b'{"more": true, "next": "' + b"x" * 5_000 + b'"}', {})


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("17", 17),
        ("0", 0),
        ("999999999999", 86_400),
        ("Tue, 03 Nov 2026 12:01:00 GMT", 60),
        ("Tue, 03 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-3", None),
    ],
)
def test_how_long_a_server_asks_to_wait_is_read_as_seconds_or_a_date(
    said: str, seconds: int | None
) -> None:
    wait = taxii.wait_of({"retry-after": said}, NOON)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ("none", None),
        ("bearer", "Bearer s"),
        ("token", "Token s"),
        ("basic", "Basic dTpz"),
    ],
)
def test_the_secret_goes_where_the_server_expects_it(auth: str, said: Any) -> None:
    assert taxii.headers_for(auth, "u", "s").get("Authorization") == said
