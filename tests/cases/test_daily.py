"""Hits by day, as rows of lists draw them: counted when evidence comes, shifted when seen later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope
from cases import facts
from cases.daily import DAYS, counted, day_of, moved
from cases.models import Case
from tests import make
from tests.cases import build
from tests.ui import world

TODAY = 20_784


@given(st.dictionaries(st.integers(TODAY - 40, TODAY + 3), st.integers(0, 99), max_size=30))
def test_counts_of_the_last_days_add_up_and_later_ones_are_todays(found: dict[int, int]) -> None:
    days = counted(found, TODAY)
    assert len(days) == DAYS
    assert sum(days) == sum(hits for day, hits in found.items() if day > TODAY - DAYS)
    assert days[-1] == sum(hits for day, hits in found.items() if day >= TODAY)


@given(
    st.lists(st.integers(0, 99), min_size=DAYS, max_size=DAYS),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_days_that_pass_push_old_counts_out(days: list[int], first: int, second: int) -> None:
    there = moved(moved(days, TODAY, TODAY + first), TODAY + first, TODAY + first + second)
    assert there == moved(days, TODAY, TODAY + first + second)
    assert len(there) == DAYS
    assert moved(days, TODAY, TODAY - 1) == days
    assert moved([], TODAY, TODAY + first) == []


def test_a_day_is_a_day_of_utc() -> None:
    midnight = datetime(2026, 11, 27, tzinfo=UTC)
    assert day_of(midnight) - day_of(midnight - timedelta(seconds=1)) == 1
    assert day_of(midnight) == day_of(midnight + timedelta(hours=23, minutes=59))


@pytest.mark.django_db
def test_the_intake_counts_each_cited_signal_once_and_a_list_shows_it() -> None:
    with time_machine.travel(datetime(2026, 11, 27, 12, tzinfo=UTC), tick=False):
        desk = world.desk(1)
        case = desk.cases[0]  # two findings cite the same twelve signals, three hours old
        facts.redescribe(case)
        case.save()
        case.refresh_from_db()
        assert case.by_day == [*[0] * 13, 12]
        client = Client()
        client.force_login(desk.reviewer)
        assert "hits a day, 14 days: most 12, now 12" in client.get("/cases/").content.decode()
    with time_machine.travel(datetime(2026, 11, 29, 12, tzinfo=UTC), tick=False):
        client.force_login(desk.reviewer)
        html = client.get("/queues/operations/").content.decode()
        assert "hits a day, 14 days: most 12, now 0" in html
        program = Client(headers=make.bearer(Scope.READ, user=desk.reviewer))
        (row,) = program.get("/api/v1/cases/").json()["results"]
        assert row["by_day"] == [*[0] * 11, 12, 0, 0]


@pytest.mark.django_db
def test_a_case_of_which_nothing_was_counted_has_no_bars() -> None:
    build.case()
    client = Client()
    client.force_login(build.user(Role.REVIEWER, name="rita"))
    assert "hits a day" not in client.get("/cases/").content.decode()


@pytest.mark.django_db
def test_what_opens_by_itself_has_bars_and_so_has_a_copy_for_a_check() -> None:
    _, case = build.opened()
    row = Case.objects.get(pk=case.pk)
    assert len(row.daily) == DAYS
    assert row.daily_to == day_of(clock.now())
