"""Lists of cases in an order that somebody asked for: every case once, whatever the page size."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope, User
from abusedesk.core.query import Query
from cases import ordering
from cases.choices import State
from cases.models import Case
from cases.ordering import CHOICES, SORTS, Order
from cases.ui.heads import Listing, heads_for
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def browser(rita: User) -> Client:
    client = Client()
    client.force_login(rita)
    return client


def _cases() -> None:
    """Nine cases with many equal values, of three states, three of them without a curve."""
    now = clock.now()
    for number in range(9):
        state = (State.OPEN, State.SNOOZED, State.CLOSED)[number % 3]
        build.case(
            priority=number % 4 + 1 / 3,
            state=state,
            accounts=number % 2,
            hits=number % 5,
            reports=number // 4,
            severity=number % 3,
            how_sure=1 / (number + 1),
            calibrated=None if number % 3 else number / 9,
            opened_at=now - timedelta(hours=number // 2),
            updated_at=now - timedelta(minutes=number % 4),
            due_in=timedelta(hours=number % 4 - 1),
            closed_at=now - timedelta(hours=number) if state == State.CLOSED else None,
            snoozed_until=now + timedelta(hours=number) if state == State.SNOOZED else None,
        )


def _walk(order: Order, size: int) -> list[int]:
    after, seen = "", list[int]()
    while True:
        page = ordering.in_order(Case.objects.all(), order, after, size)
        seen += [case.pk for case in page.rows]
        if not page.more:
            return seen
        after = page.more


def _when(case: Case) -> datetime:
    return case.closed_at or case.snoozed_until or case.due_at


KEYS = {
    "bad": lambda case: case.severity,
    "accounts": lambda case: case.accounts,
    "hits": lambda case: case.hits,
    "reports": lambda case: case.reports,
    "sure": lambda case: case.how_sure if case.calibrated is None else case.calibrated,
    "priority": lambda case: case.priority,
    "opened": lambda case: case.opened_at,
    "changed": lambda case: case.updated_at,
    "due": _when,
}


@pytest.mark.parametrize("text", CHOICES)
def test_pages_joined_are_all_cases_in_that_order(text: str) -> None:
    _cases()
    order = ordering.read(text)
    assert order is not None
    assert str(order) == text
    key = KEYS[order.name]
    rows = sorted(Case.objects.all(), key=lambda one: (key(one), one.pk), reverse=order.falling)
    for size in (1, 2, 3, 50):
        assert _walk(order, size) == [one.pk for one in rows]


def test_every_sort_is_one_that_a_column_offers() -> None:
    assert set(KEYS) == set(SORTS)


def test_a_row_that_comes_in_on_top_moves_nothing_to_the_next_page() -> None:
    for number in range(4):
        build.case(hits=10 - number)
    order = Order("hits", falling=True)
    first = ordering.in_order(Case.objects.all(), order, size=2)
    build.case(hits=99)
    second = ordering.in_order(Case.objects.all(), order, first.more, size=2)
    assert [case.hits for case in [*first.rows, *second.rows]] == [10, 9, 8, 7]


CURSORS = st.builds("{!r}~{}".format, st.floats(), st.integers(-1, 10**30))


@given(
    st.sampled_from(CHOICES),
    st.one_of(CURSORS, st.text(max_size=20), st.sampled_from(["", "~", "²~³", "9" * 40 + "~1"])),
)
def test_a_cursor_that_is_none_begins_at_the_start_or_finds_nothing(text: str, at: str) -> None:
    order = ordering.read(text)
    assert order is not None
    ordering.in_order(Case.objects.all(), order, at)


def test_a_click_on_a_head_sorts_one_way_the_other_way_and_not_any_more(browser: Client) -> None:
    _cases()
    path, ways = "/queues/inbox/", list[str]()
    for _ in range(3):
        html = browser.get(path).content.decode()
        head = re.search(r'<th scope="col" class="num"( aria-sort="\w+")?[^>]*><a[^>]*>Hits', html)
        assert head is not None
        ways.append(head[1] or "")
        link = re.search(r'href="([^"]+)"', head[0])
        assert link is not None
        path = f"/queues/inbox/{link[1].replace('&amp;', '&')}"
    assert ways == ["", ' aria-sort="descending"', ' aria-sort="ascending"']
    assert "sort=" not in path


@pytest.mark.parametrize("own", [None, ordering.NEW_FIRST, ordering.CLOSED_FIRST])
def test_a_way_to_every_order_and_back_leads_over_the_heads(rita: User, own: Order | None) -> None:
    start = Listing(Query(), "", None, own, "as ever")
    for one in heads_for(rita, start):
        seen, listing = [""], start
        for _ in range(4):
            head = next(h for h in heads_for(rita, listing) if h.column == one.column)
            if not head.href:
                break
            text = head.href.partition("sort=")[2]
            seen.append(text)
            listing = Listing(Query(), "", ordering.read(text), own, "as ever")
        assert all(first != second for first, second in pairwise(seen))
        assert not one.href or seen.count("") >= 2


def test_lists_follow_the_order_in_their_address_and_links_keep_it(browser: Client) -> None:
    _cases()
    for path in ("/cases/?sort=-hits", "/cases/?sort=-hits&q=hits:>0"):
        page = browser.get(path)
        rows = [row.hits for row in page.context["rows"]]
        assert rows == sorted(rows, reverse=True)
        html = page.content.decode()
        assert 'name="sort" value="-hits"' in html
        assert "Cases, by hits, highest first" in html
    page = browser.get("/queues/inbox/?state=open&sort=accounts")
    assert all("sort=accounts" in tab["href"] for tab in page.context["tabs"])
    assert [row.accounts for row in page.context["rows"]] == [0, 0, 1]


def test_the_next_page_goes_on_in_the_order(browser: Client) -> None:
    for number in range(51):
        build.case(hits=number)
    first = browser.get("/queues/inbox/?sort=hits")
    assert [row.hits for row in first.context["rows"]] == list(range(50))
    assert "sort=hits" in first.context["more"]
    second = browser.get(f"/queues/inbox/{first.context['more']}")
    assert [row.hits for row in second.context["rows"]] == [50]


@pytest.mark.parametrize("text", ["nonsense", "-", "hits;drop", "<script>", "--hits"])
def test_what_is_no_order_leaves_the_list_as_it_is(browser: Client, text: str) -> None:
    build.case()
    page = browser.get("/cases/", {"sort": text})
    assert page.status_code == 200
    assert page.context["listing"].asked is None
    assert 'name="sort"' not in page.content.decode()
    assert "<script>" not in page.content.decode()


def test_a_sorted_list_asks_the_database_no_more_often(browser: Client) -> None:
    _cases()
    for path in ("/cases/", "/queues/inbox/"):
        browser.get(path)
        with CaptureQueriesContext(connection) as plain:
            browser.get(path)
        with CaptureQueriesContext(connection) as in_order:
            browser.get(f"{path}?sort=-sure")
        assert len(in_order) <= len(plain)


def test_the_api_lists_in_an_order_and_refuses_what_is_none() -> None:
    _cases()
    program = Client(headers=make.bearer(Scope.READ, user=build.user(Role.LEAD, name="lena")))
    address, seen = "/api/v1/cases/?sort=-hits&page_size=4", list[int]()
    while address:
        answer = program.get(address).json()
        assert answer["previous"] is None
        seen += [row["hits"] for row in answer["results"]]
        address = answer["next"]
    assert seen == sorted((number % 5 for number in range(9)), reverse=True)
    wrong = program.get("/api/v1/cases/?sort=size")
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (422, "sort")
    wrong = program.get("/api/v1/cases/?sort=-hits&cursor=x")
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "cursor")
