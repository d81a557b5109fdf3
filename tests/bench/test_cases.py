"""The bench of case pages: what it fills a desk with, that pages show rows, what it objects to."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.test import Client

from bench import cases as bench
from cases.choices import State
from cases.models import Case, Decision, Queue
from tests.cases import build

FEW, MANY = 200, 1_000
ROWS = {"queue page", "queue page further on", "queue, closed", "case list",
        "case list further on"}  # fmt: skip


def _page(name: str, queries: int = 7, times: int = 20, ms: float = 10.0) -> bench.Measured:
    return bench.Measured(name, queries, [ms + number for number in range(times)])


@pytest.mark.django_db
def test_the_desk_of_the_bench_is_of_many_kinds() -> None:
    bench.fill(MANY)
    assert Case.objects.count() == MANY
    states = Counter(Case.objects.values_list("state", flat=True))
    assert set(states) == {State.OPEN, State.ESCALATED, State.SNOOZED, State.CLOSED}
    assert states[State.CLOSED] == pytest.approx(MANY / 3, rel=0.01)
    assert not Case.objects.filter(state=State.CLOSED, closed_at=None).exists()
    sizes = [one.cases.count() for one in Queue.objects.order_by("position")]
    assert sum(sizes) == MANY
    assert min(sizes) == MANY // 10
    assert Case.objects.filter(regressed=True).exists()
    # the desk goes on behind them
    assert build.case().pk > MANY


@pytest.mark.django_db
def test_pages_are_measured_on_rows_also_further_on() -> None:
    bench.fill(MANY)
    client = Client()
    client.force_login(build.user())
    for name, path in bench._paths(MANY).items():
        method, address = path(3)
        answer = client.generic(method, address)
        shown = answer.content.decode().count("data-item")
        assert answer.status_code == (303 if name == "next" else 200), name
        assert shown == 50 or name not in ROWS, name


@pytest.mark.django_db
def test_every_page_is_timed_as_often_as_asked_and_its_queries_are_counted() -> None:
    bench.fill(FEW)
    found = list(bench.measured(FEW, rounds=2))
    assert [one.name for one in found] == [*bench._paths(FEW), bench.DECIDE]
    for one in found:
        assert len(one.times_ms) == 2
        assert 0 < one.at(0.5) <= one.at(0.95) <= one.at(1.0) == max(one.times_ms)
        assert 2 <= one.queries <= (bench.QUERIES if one.name != bench.DECIDE else 99), one.name
    # each press of Next took another case, and what is decided is not held any more
    taken = Case.objects.filter(claimed_by__username="rita")
    assert taken.count() == 2 + 1 + 2 + 1
    assert Decision.objects.filter(actor__username="rita").count() == 2 + 2


def test_the_share_of_requests_is_read_from_the_slowest_that_it_holds() -> None:
    one = bench.Measured("page", 1, [5.0, 1.0, 3.0, 2.0, 4.0])
    assert [one.at(share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 3, 5, 5]
    assert bench.Measured("page", 1, [7.0]).at(0.95) == 7


@pytest.mark.parametrize(
    ("queries", "ms", "said"),
    [
        (20, 131.0, []),  # the slowest of twenty takes 150
        (20, 131.1, ["case page: 150 ms, not 150"]),
        (21, 10.0, ["case page: 21 queries, not 20"]),
        (35, 900.0, ["case page: 919 ms, not 150", "case page: 35 queries, not 20"]),
    ],
)
def test_what_is_over_its_budget_is_named(queries: int, ms: float, said: list[str]) -> None:
    found = [_page("queue page"), _page("case page", queries, ms=ms)]
    assert bench.faults(found) == said


def test_figures_bear_plain_names_and_the_most_queries_of_any_page() -> None:
    found = [_page("queue, closed", 6), _page("next", 10), _page("case list, words", 7)]
    told = bench.metrics(found)
    assert told == {
        "queue_closed_p95_ms": 29.0,
        "next_p95_ms": 29.0,
        "case_list_words_p95_ms": 29.0,
        "max_queries": 10,
    }
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in told)
