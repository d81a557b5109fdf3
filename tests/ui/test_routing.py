"""Queues made in the browser, and snoozes by keys alone."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from cases.choices import State
from cases.models import Case, Queue, RoutingRule
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
    ada.page.get_by_role("link", name="New rule").click()
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
