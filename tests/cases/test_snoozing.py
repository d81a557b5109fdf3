"""Snooze until a date, or until a case beats its forecast."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Role, Scope, User
from cases import snoozing
from cases.choices import NoticeKind, State
from cases.forecast import DAYS, forecast
from cases.intake import intake
from cases.models import Case, Notice, Snooze
from cases.selectors.hits import hits_by_day
from cases.services.case import reopen_case, return_snoozed, snooze_case
from cases.tasks import sweep
from detectors.models import Finding
from tests import make
from tests.cases import build

DAY = timedelta(days=1)


def _history(per_day: int) -> tuple[Any, Case]:
    """A case with so many hits on each of the last 14 days."""
    now = clock.now()
    ids = [
        build.signal(1000 * day + number, at=now - day * DAY - timedelta(hours=1 + number)).pk
        for day in range(DAYS)
        for number in range(per_day)
    ]
    campaign, case = build.opened(findings=[build.finding(subjects=["x:a"], signal_ids=ids)])
    Finding.objects.update(first_at=now - DAYS * DAY, last_at=now)
    return campaign, case


def _away(case: Case, actor: User, days: int = 30) -> Snooze:
    until = clock.now() + days * DAY
    snooze_case(actor=actor, case=case, until=until, until_escalates=True)
    return case.snoozes.get(ended_at=None)


def _hits(case: Case, more: int) -> None:
    case.refresh_from_db()
    case.hits += more
    case.save(update_fields=["hits"])


def _state(case: Case) -> str:
    case.refresh_from_db()
    return case.state


@pytest.mark.django_db
def test_the_history_of_a_case_is_counted_by_day() -> None:
    _, case = _history(3)
    assert hits_by_day(case, clock.now(), DAYS) == [3] * DAYS
    assert hits_by_day(case, clock.now() - 100 * DAY, DAYS) == [0] * DAYS


@pytest.mark.row(106)
@pytest.mark.django_db
def test_a_day_at_forecast_rate_stays_away_and_five_times_as_much_is_back_with_numbers() -> None:
    reviewer = build.user()
    _, case = _history(4)
    snooze = _away(case, reviewer)
    assert snooze.history == [4] * DAYS
    assert 4 <= snooze.expected < 4.1
    assert 7 <= snooze.upper <= 10
    _hits(case, 4)
    sweep()
    assert _state(case) == State.SNOOZED
    with time_machine.travel(clock.now() + DAY + timedelta(minutes=1), tick=False):
        sweep()
        _hits(case, 20)
        sweep()
        assert _state(case) == State.OPEN
        assert case.escalating
        snooze.refresh_from_db()
        assert (snooze.hits_today, snooze.escalated) == (20, True)
        client = Client()
        client.force_login(reviewer)
        page = client.get(f"/cases/{case.ref}/").content.decode()
        listed = client.get("/queues/inbox/?q=is:escalating").content.decode()
    assert "Beats its forecast" in page
    assert "20 hits in the current day; forecast 4.0 a day" in page
    assert 'class="forecast"' in page
    assert f'id="{case.ref}"' in listed
    assert "case.escalating" in build.verbs(case)
    assert Notice.objects.get(kind=NoticeKind.ESCALATING).user == reviewer


@pytest.mark.row(106)
@pytest.mark.django_db
def test_new_evidence_of_the_campaign_is_what_counts() -> None:
    campaign, case = _history(2)
    _away(case, build.user())
    build.grow(campaign, 40)
    intake()
    assert snoozing.return_escalating() == 1
    assert _state(case) == State.OPEN


@pytest.mark.django_db
def test_two_days_below_the_band_do_not_add_up() -> None:
    _, case = _history(4)
    snooze = _away(case, build.user())
    for day in range(5):
        with time_machine.travel(snooze.started_at + day * DAY + timedelta(hours=2), tick=False):
            snoozing.return_escalating()
            _hits(case, snooze.upper)
            assert snoozing.return_escalating() == 0
    assert _state(case) == State.SNOOZED


@pytest.mark.row(41)
@pytest.mark.django_db
def test_a_case_comes_back_at_its_time_and_its_snooze_ends() -> None:
    reviewer, case = build.user(), build.case()
    snooze_case(actor=reviewer, case=case, until=clock.now() + 7 * DAY)
    sweep()
    assert _state(case) == State.SNOOZED
    with time_machine.travel(clock.now() + 7 * DAY + timedelta(seconds=1), tick=False):
        sweep()
    assert _state(case) == State.OPEN
    assert not case.escalating
    assert case.snoozes.get().ended_at is not None
    assert Notice.objects.get().kind == NoticeKind.RETURNED


@pytest.mark.django_db
def test_until_it_escalates_also_ends_after_its_time() -> None:
    case = build.case()
    _away(case, build.user(), days=90)
    with time_machine.travel(clock.now() + 90 * DAY + timedelta(seconds=1), tick=False):
        assert return_snoozed() == 1


@pytest.mark.parametrize("after", [timedelta(0), -DAY, 91 * DAY])
@pytest.mark.django_db
def test_a_snooze_lies_in_the_next_90_days(after: timedelta) -> None:
    with pytest.raises(InvalidError, match="90 days"):
        snooze_case(actor=build.user(), case=build.case(), until=clock.now() + after)


@pytest.mark.django_db
def test_a_case_that_a_lead_brought_back_can_be_put_away_again() -> None:
    lead, case = build.user(Role.LEAD), build.case()
    _away(case, lead)
    reopen_case(actor=lead, case=case, reason="now")
    assert snoozing.return_escalating() == 0
    case.refresh_from_db()
    _away(case, lead)
    assert [one.ended_at is None for one in case.snoozes.all()] == [True, False]


@pytest.mark.row(106)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("how", "days", "watched"),
    [("day", 1, False), ("week", 7, False), ("escalates", 90, True)],
)
def test_the_menu_offers_a_day_a_week_and_until_it_escalates(
    how: str, days: int, watched: bool
) -> None:
    client, case = Client(), build.case()
    client.force_login(build.user())
    start: datetime = clock.now()
    client.post(f"/cases/{case.ref}/snooze/", {"how": how})
    snooze = case.snoozes.get()
    assert snooze.until_escalates is watched
    assert timedelta(0) <= snooze.until - start - days * DAY < timedelta(minutes=1)


@pytest.mark.django_db
def test_the_menu_takes_a_date_and_says_when_it_cannot() -> None:
    client, case = Client(), build.case()
    client.force_login(build.user())
    date = (clock.now() + 3 * DAY).date()
    for wrong in ({"how": "date"}, {"how": "date", "date": "2020-01-01"}, {"how": "ever"}):
        client.post(f"/cases/{case.ref}/snooze/", wrong)
        assert _state(case) == State.OPEN
    client.post(f"/cases/{case.ref}/snooze/", {"how": "date", "date": date.isoformat()})
    assert case.snoozes.get().until.date() == date


@pytest.mark.row(106)
@pytest.mark.django_db
def test_the_api_snoozes_too() -> None:
    reviewer, case = build.user(), build.case()
    program = Client(headers=make.bearer(Scope.REVIEW, user=reviewer))
    body = {"until": (clock.now() + DAY).isoformat(), "until_escalates": True}
    path = f"/api/v1/cases/{case.ref}/snooze/"
    answer = program.post(path, body, content_type="application/json")
    assert answer.json()["state"] == "snoozed"
    again = program.post(path, body, content_type="application/json")
    assert again.status_code == 409


HISTORY = st.lists(st.integers(0, 500), min_size=2, max_size=30)


@given(HISTORY)
def test_the_band_lies_above_the_mean_and_grows_with_the_past(history: list[int]) -> None:
    found = forecast(history)
    assert found.upper >= int(found.expected)
    assert forecast([hits + 50 for hits in history]).upper >= found.upper


@given(HISTORY)
def test_the_order_of_the_past_does_not_matter(history: list[int]) -> None:
    assert forecast(history) == forecast(history[::-1])


def test_a_silent_case_may_stir_once_and_a_wild_one_much() -> None:
    assert forecast([0] * DAYS).upper <= 1
    assert forecast([10] * DAYS).upper < forecast([0, 20] * 7).upper


def test_a_forecast_needs_a_past() -> None:
    with pytest.raises(ValueError, match="two days"):
        forecast([1])
