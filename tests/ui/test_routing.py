"""Queues made in the browser, and snoozes by keys alone."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from cases.choices import State
from cases.models import Case, Queue, RoutingRule, Shift
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
Enter = Callable[..., Visitor]
SHOTS = os.environ.get("SCREENSHOTS", "")


def _shoot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/{name}.png")


@pytest.mark.row(28)
def test_a_queue_and_its_rule_are_made_without_code(enter: Enter, desk: world.Desk) -> None:
    ada = enter("ada")
    ada.go("/settings/queues/new/")
    ada.page.get_by_label("Slug").fill("fraud")
    ada.page.get_by_label("Title").fill("Fraud")
    _shoot(ada, "queue-new")
    ada.page.get_by_role("button", name="Save queue").click()
    ada.page.locator("#main").get_by_role("link", name="New rule").click()
    ada.page.get_by_label("Name").fill("On x")
    ada.page.get_by_label("What it takes").fill("platform:x sev:>=low")
    ada.page.get_by_label("Goes to").select_option("fraud")
    ada.page.get_by_role("button", name="Try it on the last cases").click()
    expect(ada.page.get_by_role("heading", name="Of the last 8 cases")).to_be_visible()
    _shoot(ada, "routing-try")
    assert not RoutingRule.objects.exists()
    ada.page.get_by_role("button", name="Save rule").click()
    expect(ada.page.get_by_text("platform:x sev:>=low")).to_be_visible()
    _shoot(ada, "queue-settings")
    assert RoutingRule.objects.get().queue == Queue.objects.get(slug="fraud")


@pytest.mark.row(106)
@pytest.mark.journey(12)
def test_h_then_e_puts_a_case_away_until_it_escalates(enter: Enter, desk: world.Desk) -> None:
    rita = enter("rita", mouse=False)
    rita.go("/cases/AD-3/")
    rita.press("h")
    expect(rita.page.get_by_role("button", name="Until it escalates")).to_be_visible()
    _shoot(rita, "snooze-menu")
    rita.press("e")
    expect(rita.page.get_by_text("Away until it escalates")).to_be_visible()
    _shoot(rita, "forecast")
    case = Case.objects.get(ref="AD-3")
    assert case.state == State.SNOOZED
    assert case.snoozes.get().until_escalates
    assert rita.watch.errors == []


@pytest.mark.parametrize("width", [1440, 1000, 360])
def test_no_menu_of_the_rail_is_cut_off(enter: Enter, desk: world.Desk, width: int) -> None:
    """Every menu opens inside the rail, which scrolls and would hide what sticks out."""
    lena = enter("lena")
    lena.go("/cases/AD-3/")
    lena.page.set_viewport_size({"width": width, "height": 900})
    opened = lena.page.locator(".rail details.menu > summary")
    assert opened.count() >= 5
    rail = lena.page.locator(".rail").bounding_box()
    assert rail is not None
    for place in range(opened.count()):
        opened.nth(place).click()
        sheet = lena.page.locator(".rail details.menu[open] > .sheet").bounding_box()
        assert sheet is not None
        assert rail["x"] <= sheet["x"], place
        assert sheet["x"] + sheet["width"] <= rail["x"] + rail["width"], place
        assert sheet["width"] > 200, place
        opened.nth(place).click()
    wide = lena.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


def test_a_lead_sets_a_shift_with_the_pickers_of_the_browser(
    enter: Enter, desk: world.Desk
) -> None:
    lena = enter("lena")
    lena.go("/settings/shifts/")
    rita = lena.page.get_by_role("region", name="rita")
    rita.get_by_text("Change").click()
    rita.get_by_label("Fri").uncheck()
    rita.get_by_label("Start").fill("22:30")
    rita.get_by_label("End").fill("06:00")
    rita.get_by_label("Time zone").fill("Europe/Berlin")
    rita.get_by_role("button", name="Save shift").click()
    said = "Mon, Tue, Wed, Thu 22:30 to 06:00 Europe/Berlin, at most 20 cases"
    expect(lena.page.get_by_role("region", name="rita").get_by_text(said)).to_be_visible()
    _shoot(lena, "shifts")
    assert Shift.objects.get().user == desk.reviewer
    assert lena.watch.errors == []


def test_a_filter_by_label_is_typed_kept_in_the_address_and_taken_away(
    enter: Enter, desk: world.Desk
) -> None:
    Case.objects.filter(ref="AD-3").update(labels=["ring"])
    rita = enter("rita")
    rita.go("/queues/operations/")
    rita.press("/")
    rita.page.keyboard.type("label:RING")
    rita.press("Enter")
    expect(rita.page.locator("[data-item]")).to_have_count(1)
    assert "q=label%3Aring" in rita.page.url or "q=label%3ARING" in rita.page.url
    rita.page.get_by_title("Remove this condition").click()
    expect(rita.page.locator("[data-item]")).to_have_count(8)
