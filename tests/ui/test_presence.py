"""Two people at one case see each other, a takeover is told at once, and clocks tick."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from abusedesk.core import clock
from cases.choices import Severity
from cases.models import Case, Exposure
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
SOON_MS = 10_000


def test_two_people_at_one_case_see_each_other_and_a_takeover(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita, lena = enter("rita", mouse=False), enter("lena", mouse=False)
    rita.go("/cases/AD-3/")
    rita.press("a")
    expect(rita.page.get_by_text("Claimed by you")).to_be_visible()
    rita.press("y")
    rita.page.keyboard.type("half a sentence")
    lena.go("/cases/AD-3/")
    expect(lena.page.locator(".viewing")).to_have_text("rita is viewing too", timeout=SOON_MS)
    expect(rita.page.locator(".viewing")).to_have_text("lena is viewing too", timeout=SOON_MS)
    online = rita.page.locator(".topbar .online")
    expect(online.locator("summary")).to_contain_text("Others online: 1")
    lena.press("a")
    expect(lena.page.get_by_text("Claimed by you")).to_be_visible()
    expect(rita.page.get_by_text("lena took this case over.").first).to_be_visible(timeout=SOON_MS)
    expect(rita.page.locator("#alert")).to_contain_text("lena took this case over.")
    expect(rita.page.locator("#reason")).to_have_value("half a sentence")
    for one in (rita, lena):
        assert (one.violations(), one.watch.errors, one.watch.off_origin) == ([], [], [])


def test_who_reads_a_case_is_told_when_somebody_claims_it(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita, lena = enter("rita"), enter("lena")
    lena.go("/cases/AD-2/")
    rita.go("/cases/AD-2/")
    rita.press("a")
    expect(lena.page.get_by_text("Claimed by rita by now.").first).to_be_visible(timeout=SOON_MS)
    lena.page.get_by_role("link", name="Show the case as it is now").click()
    expect(lena.page.get_by_role("button", name="Take over")).to_be_visible()


def test_clocks_of_due_times_tick_by_the_time_of_the_desk(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    Case.objects.filter(ref="AD-1").update(due_at=clock.now() + timedelta(seconds=300))
    rita = enter()
    rita.page.clock.install(
        time=clock.now() + timedelta(hours=5)
    )  # this machine is five hours ahead
    rita.go("/cases/AD-1/")
    due = rita.page.locator(".case-head time[data-due]")
    expect(due).to_have_text(re.compile(r"^4:\d\d left$"))
    before = due.text_content()
    rita.page.clock.run_for(5_000)
    assert due.text_content() != before
    expect(due).to_have_class(re.compile("soon"))
    rita.page.clock.run_for(300_000)
    expect(due).to_have_text(re.compile("late$"))
    expect(due).to_have_class(re.compile("late"))
    assert rita.violations() == []


def test_the_top_bar_shows_ones_own_exposure_and_what_is_late(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    Exposure.objects.create(
        user=desk.reviewer,
        shift_began=clock.now().replace(hour=0, minute=0, second=0, microsecond=0),
        item="signal:1",
        points=Severity.HIGH,
    )
    rita, lena = enter("rita"), enter("lena")
    rita.go("/queues/")
    expect(rita.page.locator(".topbar")).to_contain_text("3 of 120 points")
    expect(rita.page.get_by_role("meter", name="Own exposure")).to_have_attribute("value", "3")
    rita.page.locator(".topbar").get_by_role("link", name="late").click()
    expect(rita.page).to_have_url(re.compile(r"/cases/\?q=is:late"))
    lena.go("/queues/")
    expect(lena.page.locator(".topbar")).to_contain_text("0 of 120 points")
