"""Pages by key: every case once, in the order of "next", whatever comes in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from cases import paging
from cases.choices import State
from cases.models import Case
from cases.queue import ordered
from tests.cases import build

pytestmark = pytest.mark.django_db


def _walk(size: int) -> list[int]:
    now, after, seen = clock.now(), "", list[int]()
    while True:
        page = paging.urgent_first(Case.objects.all(), now, after, size)
        seen += [case.pk for case in page.rows]
        if not page.more:
            return seen
        after = page.more


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 50])
def test_pages_joined_are_the_queue_in_its_order(size: int) -> None:
    for number in range(9):
        late = timedelta(hours=-1 if number % 3 == 0 else 5)
        build.case(priority=float(number % 4) + 1 / 3, due_in=late)
    expected = list(ordered(Case.objects.all(), clock.now()).values_list("pk", flat=True))
    assert _walk(size) == expected


def test_a_row_that_comes_in_on_top_moves_nothing_to_the_next_page() -> None:
    for number in range(4):
        build.case(priority=10 - number)
    now = clock.now()
    first = paging.urgent_first(Case.objects.all(), now, size=2)
    build.case(priority=99)
    second = paging.urgent_first(Case.objects.all(), now, first.more, size=2)
    shown = [case.priority for case in [*first.rows, *second.rows]]
    assert shown == [10, 9, 8, 7]


def test_closed_cases_and_the_list_go_back_in_time() -> None:
    at = clock.now()
    for number in range(5):
        moment = at - timedelta(hours=number // 2)
        build.case(state=State.CLOSED, closed_at=moment, opened_at=moment)
    for column in ("closed_at", "opened_at"):
        after, seen = "", list[int]()
        for _ in range(3):
            page = paging.newest_first(Case.objects.all(), column, after, size=2)
            seen += [case.pk for case in page.rows]
            after = page.more
        assert after == ""
        expected = Case.objects.order_by(f"-{column}", "-pk").values_list("pk", flat=True)
        assert seen == list(expected)


CURSORS = st.builds("{}~{!r}~{}".format, st.integers(0, 2), st.floats(), st.integers(0, 10**30))


@given(st.one_of(CURSORS, st.sampled_from(["", "~", "1~2", "²~³", "9" * 40 + "~1", "1~\x00~1"])))
def test_a_cursor_that_is_none_begins_at_the_start_or_finds_nothing(text: str) -> None:
    paging.urgent_first(Case.objects.all(), clock.now(), text)
    paging.newest_first(Case.objects.all(), "opened_at", text)


def test_the_page_links_to_the_next_one() -> None:
    for number in range(paging.SIZE + 1):
        build.case(priority=number)
    client = Client()
    client.force_login(build.user())
    for path in ("/queues/inbox/", "/cases/"):
        first = client.get(path)
        more = first.context["more"]
        assert first.content.decode().count("data-item") == paging.SIZE
        second = client.get(f"{path}{more}").content.decode()
        assert second.count("data-item") == 1


def test_a_count_is_exact_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "COUNTED", 2)
    build.case()
    build.case()
    assert paging.count(Case.objects.all()) == 2
    build.case()
    build.case()
    assert paging.count(Case.objects.all()) == 3
