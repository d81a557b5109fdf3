"""Where a campaign goes next: by at least three confirmed ones that took the same way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.models import Role, Scope, User
from cases import facts
from cases.models import Case
from cases.selectors.spreading import next_platform_for
from cases.services.decision import undo_decision
from cases.spreading import LEAST_ALIKE, Step, Way, next_platform
from detectors.choices import Outcome
from detectors.models import Signal
from detectors.partitions import ensure_partitions
from tests import make
from tests.cases import build

pytestmark = pytest.mark.row(104)
DAY = 86_400.0


def way(case: int, *steps: tuple[str, float]) -> Way:
    """Platform and day of each step."""
    return Way(case, [Step(name, day * DAY) for name, day in steps])


def here(*names: str) -> list[Step]:
    return [Step(name, DAY * place) for place, name in enumerate(names)]


def test_three_of_three_that_went_the_same_way_tell_platform_and_median() -> None:
    closed = [way(n, ("a", 0), ("b", 1), ("c", 1 + days)) for n, days in ((7, 1), (8, 2), (9, 9))]
    found = next_platform(here("a", "b"), closed)
    assert found is not None
    assert (found.platform, found.alike, found.cases) == ("c", 3, [7, 8, 9])
    assert found.after_s == 2 * DAY


def test_two_that_went_the_same_way_tell_nothing() -> None:
    closed = [way(n, ("a", 0), ("b", 1), ("c", 2)) for n in range(2)]
    assert next_platform(here("a", "b"), closed) is None


@pytest.mark.parametrize("begun", [("b", "a"), ("a", "c"), ("a",), ("a", "b", "c"), ()])
def test_another_order_or_a_part_of_the_way_tells_nothing(begun: tuple[str, ...]) -> None:
    closed = [way(n, ("a", 0), ("b", 1), ("c", 2)) for n in range(5)]
    assert next_platform(here(*begun), closed) is None


def test_those_that_ended_there_count_as_alike() -> None:
    closed = [way(n, ("a", 0), ("b", 1), ("c", 2)) for n in range(3)]
    closed += [way(9, ("a", 0), ("b", 1))]
    found = next_platform(here("a", "b"), closed)
    assert found is not None
    assert (len(found.cases), found.alike) == (3, 4)


def test_half_of_them_are_no_likely_way() -> None:
    closed = [way(n, ("a", 0), ("b", 1), ("cd"[n % 2], 2)) for n in range(6)]
    assert next_platform(here("a", "b"), closed) is None


_orders = st.sampled_from([one for size in range(4) for one in permutations("abc", size)])


@given(begun=_orders, closed=st.lists(_orders, max_size=12))
def test_a_hint_rests_on_a_majority_of_at_least_three_and_is_new(
    begun: tuple[str, ...], closed: list[tuple[str, ...]]
) -> None:
    found = next_platform(here(*begun), [Way(n, here(*one)) for n, one in enumerate(closed)])
    if found is not None:
        assert found.alike >= LEAST_ALIKE
        assert 2 * len(found.cases) > found.alike
        assert found.platform not in begun
        assert all(closed[n][: len(begun) + 1] == (*begun, found.platform) for n in found.cases)


# With cases.


def spread(number: int, **days: float) -> Case:
    """A case of three accounts; platform -> the day on which its evidence reached it."""
    names = [f"{name}:p{number}{place}" for name in days for place in "abc"]
    at = {name: build.NOON + timedelta(days=day) for name, day in days.items()}
    ensure_partitions(list(at.values()))
    signals = []
    for place, name in enumerate(names):
        platform, _, actor = name.partition(":")
        late = timedelta(hours=place % 3)
        one = build.signal(number * 100 + place, at=at[platform] + late, actor=actor)
        one.platform = platform
        one.save()
        signals.append(one.pk)
    finding = build.finding(
        subjects=names, signal_ids=signals, anchor=("device", f"device-{number}")
    )
    finding.last_at = max(at.values()) + timedelta(hours=3)
    finding.save()
    _, case = build.opened(members=names, findings=[finding])
    return case


def confirmed(who: User, outcome: Outcome = Outcome.ABUSE) -> list[Case]:
    """Three closed cases that went from x to telegram to medium, two days later."""
    cases = [spread(n, x=0, telegram=1, medium=2 + n) for n in (1, 0, 2)]
    for case in cases:
        build.decided(who, case, outcome)
    return cases


@pytest.fixture
def lead() -> User:
    return build.user(Role.LEAD)


@pytest.mark.django_db
def test_a_case_knows_in_which_order_it_spread() -> None:
    case = spread(1, telegram=3, x=1)
    assert case.spread == ["x", "telegram"]
    assert [datetime.fromtimestamp(at, UTC) for at in case.spread_s] == [
        build.NOON + timedelta(days=1),
        build.NOON + timedelta(days=3),
    ]


@pytest.mark.django_db
def test_a_new_case_on_two_platforms_is_told_the_third_on_page_and_over_rest(lead: User) -> None:
    before = confirmed(lead)
    case = spread(5, x=20, telegram=21)
    client = Client()
    client.force_login(lead)
    html = client.get(f"/cases/{case.ref}/").content.decode()
    assert "<strong>Next: Medium</strong>, 3 of 3 similar campaigns, median 2 d" in html
    for one in before:
        assert f'href="/cases/{one.ref}/">{one.ref}</a>' in html
    path = f"/api/v1/cases/{case.ref}/next-platform/"
    told: dict[str, Any] = Client().get(path, headers=make.bearer(Scope.READ, user=lead)).json()
    assert told == {
        "so_far": ["x", "telegram"],
        "platform": "medium",
        "alike": 3,
        "cases": sorted((one.ref for one in before), key=told["cases"].index),
        "after_s": 2 * DAY,
    }
    assert set(told["cases"]) == {one.ref for one in before}


@pytest.mark.django_db
def test_with_two_confirmed_ones_neither_page_nor_rest_hints(lead: User) -> None:
    one, *_ = confirmed(lead)
    undo_decision(actor=lead, decision=one.decisions.get())
    case = spread(5, x=20, telegram=21)
    assert next_platform_for(case, lead) is None
    client = Client()
    client.force_login(lead)
    assert "similar campaigns" not in client.get(f"/cases/{case.ref}/").content.decode()
    path = f"/api/v1/cases/{case.ref}/next-platform/"
    told = Client().get(path, headers=make.bearer(Scope.READ, user=lead)).json()
    assert (told["platform"], told["cases"], told["after_s"]) == ("", [], None)


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", [Outcome.LEGITIMATE, Outcome.NO_ABUSE, Outcome.UNSURE])
def test_what_was_not_confirmed_is_no_example(lead: User, outcome: Outcome) -> None:
    confirmed(lead, outcome)
    assert next_platform_for(spread(5, x=20, telegram=21), lead) is None


@pytest.mark.django_db
def test_cases_out_of_sight_are_no_examples_and_a_closed_case_is_told_nothing(lead: User) -> None:
    confirmed(lead)
    case = spread(5, x=20, telegram=21)
    assert next_platform_for(case, build.user()) is not None
    assert next_platform_for(case, build.user(Role.PARTNER)) is None
    build.decided(lead, case)
    case.refresh_from_db()
    assert next_platform_for(case, lead) is None


@pytest.mark.django_db
def test_purged_signals_leave_the_order_that_was_known() -> None:
    case = spread(1, x=0, telegram=1)
    known = case.spread_s
    Signal.objects.filter(platform="x").delete()
    facts.redescribe(case)
    assert (case.spread, case.spread_s) == (["x", "telegram"], known)


@pytest.mark.django_db
def test_cases_from_before_learn_their_order() -> None:
    case = spread(1, telegram=3, x=1)
    known = case.spread_s
    Case.objects.update(spread=[], spread_s=[])
    migration: Any = import_module("cases.migrations.0017_spread_reporter")
    with connection.cursor() as cursor:
        cursor.execute(migration.SPREAD)
    case.refresh_from_db()
    assert (case.spread, case.spread_s) == (["x", "telegram"], known)


@pytest.mark.django_db
def test_the_order_is_found_by_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = Case.objects.filter(state="closed", spread__0_2=["x", "telegram"])
    assert "case_spread" in rows.explain()
