"""A backtest is priced in hours of reviewers and in late cases, and its table says the same."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.models import Scope, User
from cases.models import Case, Decision
from cases.selectors.workload import workload_of
from cases.workload import (
    ASSUMED_S,
    Priced,
    capacity_of,
    handling_of,
    late_cases,
)
from detectors.choices import Outcome
from detectors.demo import world as stories
from detectors.models import Backtest, Campaign, Verdict
from detectors.services.backtest import run_backtest, start_backtest
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import live_stream
from tests import cast, desk, make
from tests.cases import build

SLUG = "near-duplicate-text"
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
DAYS = st.lists(st.integers(0, 30), min_size=1, max_size=30)


# --- pure ----------------------------------------------------------------------------------


def test_hours_are_cases_a_day_by_seven_by_handling_time() -> None:
    one = Priced(cases=30, days=30, handling_s=600)
    assert (one.per_day, round(one.hours_a_week, 4)) == (1, round(7 * 600 / 3600, 4))


def test_handling_time_is_the_median_and_assumed_below_twenty() -> None:
    assert (handling_of([10] * 19).seconds, handling_of([10] * 19).measured) == (ASSUMED_S, False)
    assert handling_of([10] * 11 + [9_000] * 9).seconds == 10


def test_capacity_is_what_is_decided_on_a_day_of_work() -> None:
    assert capacity_of({}) is None
    assert capacity_of({date(2026, 9, 1): 4, date(2026, 9, 9): 8}) == 6


@pytest.mark.parametrize(
    ("inflow", "capacity", "sla_hours", "late"),
    [
        ([3, 3, 3], 3, 24, 0),
        ([6, 0, 0], 3, 24, 3),
        ([6, 0, 0], 3, 48, 0),
        ([9, 0], 3, 24, 6),
        ([1, 1, 1], 0.5, 24, 2),
        ([0, 0], 0.1, 24, 0),
    ],
)
def test_who_waits_beyond_the_service_level_is_late(
    inflow: list[int], capacity: float, sla_hours: int, late: int
) -> None:
    assert late_cases(inflow, capacity, sla_hours) == late


@given(inflow=DAYS, more=DAYS, capacity=st.floats(0.1, 40), sla=st.integers(1, 120))
def test_more_cases_never_make_fewer_late(
    inflow: list[int], more: list[int], capacity: float, sla: int
) -> None:
    both = [one + (more[n] if n < len(more) else 0) for n, one in enumerate(inflow)]
    assert 0 <= late_cases(inflow, capacity, sla) <= late_cases(both, capacity, sla) <= sum(both)


# --- a run ---------------------------------------------------------------------------------


@pytest.fixture
def case(transactional_db: None) -> Iterator[Case]:
    """An operation that rests on copied texts and shared devices alone; people decided others."""
    desk.forget()
    with time_machine.travel(NOW, tick=True):
        save_config(actor=None, slug="reworded-text", mode="off", params={}, reason="one")
        signals = stories(seed=3, end=NOW, scenarios=["phishing-kit"], background=300)
        ingest_batch(source=make.source(), signals=signals, stream=live_stream())
        desk.work()
        case = Case.objects.get()
        for number in range(20):
            _decided(case, 500 + number)
        yield case
    desk.forget()


def _decided(case: Case, seconds: int) -> None:
    Decision.objects.create(
        case=build.case(queue=case.queue), actor=cast.reviewer(), outcome=Outcome.UNSURE,
        reason="seen", key=f"00000000-0000-0000-0000-{seconds:012}", before={}, seconds=seconds,
    )  # fmt: skip


def tried(**params: int) -> Backtest:
    run = start_backtest(
        actor=cast.lead(), slug=SLUG, params=params, since=NOW - timedelta(days=30), until=NOW
    )
    run_backtest(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.error
    return run


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


@pytest.mark.row(92)
def test_a_lower_threshold_is_priced_and_its_table_gives_the_same_numbers(case: Case) -> None:
    Verdict.objects.create(
        campaign=Campaign.objects.get(state="open"), decision_ref="d-1", outcome=Outcome.ABUSE,
        families=[], size=3,
    )  # fmt: skip
    save_config(actor=None, slug=SLUG, mode="live", params={"min_accounts": 100}, reason="high")
    run = tried(min_accounts=3)
    work = workload_of(run, cast.lead())
    assert work is not None
    assert (work.current.cases, work.proposed.cases) == (0, 1)
    assert work.handling.seconds == 509.5
    table = browser(cast.lead()).get(reverse("cases:detector-workload", args=[SLUG, run.pk]))
    rows = list(csv.DictReader(StringIO(table.content.decode())))
    proposed = [one for one in rows if one["change"] in {"gained", "kept"}]
    per_day = len(proposed) / float(rows[0]["window_days"])
    hours = per_day * 7 * float(rows[0]["handling_s"]) / 3600
    assert per_day == pytest.approx(work.proposed.per_day)
    assert hours == pytest.approx(work.proposed.hours_a_week)
    assert (rows[0]["case"], rows[0]["decided"]) == (case.ref, "abuse")
    page = browser(cast.lead()).get(reverse("detectors:backtest", args=[SLUG, run.pk]))
    text = page.content.decode()
    assert f"{per_day:.2f} \u00d7 7 \u00d7 509.5 s \u00f7 3,600 = {hours:.2f}" in text
    assert "Precision" in text
    assert "median from claim to decision of 20 decisions" in text
    program = Client(headers=make.bearer(Scope.READ, user=cast.lead()))
    told = program.get(f"/api/v1/detectors/{SLUG}/backtests/{run.pk}/workload/").json()
    assert told["proposed"]["hours_a_week"] == pytest.approx(hours)
    assert [one["case"] for one in told["rows"]] == [case.ref]


@pytest.mark.row(92)
def test_confirmed_cases_that_would_be_lost_stand_there_by_name(case: Case) -> None:
    Verdict.objects.create(
        campaign=Campaign.objects.get(state="open"), decision_ref="d-1", outcome=Outcome.ABUSE,
        families=[], size=3,
    )  # fmt: skip
    run = tried(min_accounts=100)
    page = browser(cast.lead()).get(reverse("detectors:backtest", args=[SLUG, run.pk]))
    lost = page.content.decode().partition("Cases that would be lost: 1")[2]
    assert case.ref in lost.partition("</table>")[0]
    assert "confirmed abuse" in lost.partition("</table>")[0]


def test_a_program_without_cases_gets_no_price(case: Case) -> None:
    run = tried(min_accounts=100)
    assert workload_of(run, cast.integration()) is None
    program = Client(headers=make.bearer(Scope.READ, user=cast.integration()))
    url = f"/api/v1/detectors/{SLUG}/backtests/{run.pk}/workload/"
    assert program.get(url).status_code == 404
