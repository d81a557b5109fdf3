"""A case sleeps by two keys, sleeps on through a day as forecast, and wakes when it is outgrown."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from subprocess import Popen

import pytest
from django.conf import settings
from django.db.models import F
from playwright.sync_api import expect

from abusedesk.core import clock
from abusedesk.core.tasks import tick
from cases.choices import State
from cases.forecast import DAYS
from cases.intake import intake
from cases.models import Case, Snooze
from cases.tasks import sweep
from detectors.models import Finding
from tests.cases import build
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
PER_DAY = 4
DAY = timedelta(days=1)
BACK_S = 60


def _history(case: Case) -> None:
    """Four hits on each of the last 14 days, in what its finding cites."""
    now = clock.now()
    ids = [
        build.signal(9_000 + 10 * day + n, at=now - day * DAY - timedelta(hours=1 + n)).pk
        for day in range(DAYS)
        for n in range(PER_DAY)
    ]
    behind = Finding.objects.filter(campaigns__campaign__case_link__case=case)
    behind.update(signal_ids=ids, signal_total=len(ids), first_at=now - DAYS * DAY, last_at=now)
    Case.objects.filter(pk=case.pk).update(hits=len(ids))


def _hours_go_by(case: Case, hours: int) -> None:
    """What was put away was put away that much earlier."""
    gone = timedelta(hours=hours)
    Snooze.objects.filter(case=case).update(started_at=F("started_at") - gone)


def _evidence(case: Case, signals: int) -> None:
    build.grow(case.campaign_links.get().campaign, signals)
    while intake():
        pass


@pytest.mark.row(106)
@pytest.mark.worker
@pytest.mark.journey(12)
def test_a_case_leaves_stays_away_as_forecast_and_is_back_within_a_minute_when_it_is_outgrown(
    enter: Callable[..., Visitor],
    desk: world.Desk,
    start_worker: Callable[..., Popen[bytes]],
) -> None:
    case = desk.cases[2]
    _history(case)
    rita = enter(mouse=False)
    row = rita.page.locator(f"#{case.ref}")
    rita.go("/queues/operations/")
    expect(row).to_be_visible()
    rita.go(f"/cases/{case.ref}/")
    rita.press("h", "e")
    expect(rita.page.get_by_text("Away until it escalates")).to_be_visible()
    expect(rita.page.locator("svg.forecast")).to_be_visible()
    snooze = case.snoozes.get()
    assert snooze.history == [PER_DAY] * DAYS
    rita.go("/queues/operations/")
    expect(row).to_have_count(0)

    for _ in range(PER_DAY):  # a day at forecast rate
        _evidence(case, 1)
        sweep()
        _hours_go_by(case, 24 // PER_DAY)
        sweep()
        assert Case.objects.get(pk=case.pk).state == State.SNOOZED
    rita.go("/queues/operations/")
    expect(row).to_have_count(0)

    _evidence(case, 5 * PER_DAY)
    start_worker()
    assert settings.TICK_S <= BACK_S  # so often the clockwork of a desk does what comes now
    came = time.monotonic()
    tick()
    while Case.objects.get(pk=case.pk).state == State.SNOOZED:
        assert time.monotonic() - came < BACK_S - settings.TICK_S
        time.sleep(0.1)

    rita.go("/queues/operations/")
    expect(row).to_contain_text("escalating")
    rita.go(f"/cases/{case.ref}/")
    expect(rita.page.get_by_role("heading", name="Beats its forecast")).to_be_visible()
    expect(rita.page.locator("svg.forecast")).to_be_visible()
    said = rita.page.locator("#forecast-said")
    expect(said).to_contain_text("20 hits in the current day; forecast 4.0 a day")
    assert (rita.violations(), rita.watch.errors) == ([], [])
