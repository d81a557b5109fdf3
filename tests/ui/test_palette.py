"""The palette at a browser: keys only, under the strict content policy, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from detectors.models import Signal
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui, pytest.mark.row(32)]
Enter = Callable[..., Visitor]


def paste(visitor: Visitor, text: str) -> None:
    """Open the palette, put `text` in at once and press Enter without waiting for an answer."""
    visitor.press("Control+k")
    expect(visitor.page.locator("#palette-input")).to_be_focused()
    visitor.page.keyboard.insert_text(text)
    visitor.press("Enter")


def test_pasted_values_lead_where_they_belong_by_keys_alone(enter: Enter, desk: world.Desk) -> None:
    entity = world.mention(Signal.objects.earliest("pk"), "url", "https://evil.example/a").entity
    rita = enter(mouse=False)
    rita.go("/queues/operations/")
    paste(rita, "hxxps://evil[.]example/a")
    rita.page.wait_for_url(re.compile(rf"/entities/url/{entity.pk}/"))
    rita.ready()
    paste(rita, f"{rita.base}/cases/AD-3/?tab=why")
    rita.page.wait_for_url(re.compile("/cases/AD-3/"))
    rita.ready()
    rita.press("Control+k")
    expect(rita.page.get_by_role("option", name="Proposals")).to_be_visible()
    assert rita.violations() == []
    assert (rita.watch.errors, rita.watch.off_origin) == ([], [])


def test_actions_of_the_page_are_offered_and_done(enter: Enter, desk: world.Desk) -> None:
    rita = enter(mouse=False)
    rita.go("/cases/AD-1/")
    rita.press("Control+k")
    rita.page.keyboard.type("write a note")
    expect(rita.page.locator("#palette [aria-selected=true]")).to_have_text("Write a note")
    rita.press("Enter")
    expect(rita.page.locator("#palette")).to_be_hidden()
    expect(rita.page.locator("[data-hotkey~=note]")).to_be_focused()
    rita.press("Meta+k")  # also from inside a text field, and as on a Mac
    expect(rita.page.locator("#palette-input")).to_be_focused()


def test_arrows_move_the_choice_and_escape_leaves_the_page_as_it_was(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    rita.go("/signals/")
    rita.press("Control+k")
    rita.page.keyboard.type("que")
    field = rita.page.locator("#palette-input")
    expect(rita.page.get_by_role("option", name="Queues", exact=True)).to_be_visible()
    first = field.get_attribute("aria-activedescendant")
    rita.press("ArrowDown")
    second = field.get_attribute("aria-activedescendant")
    assert first != second
    expect(rita.page.locator(f"#{second}")).to_have_attribute("aria-selected", "true")
    rita.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == first
    expect(field).to_be_focused()
    rita.press("Escape", "Escape")  # the first one may only empty the field
    expect(rita.page.locator("#palette")).to_be_hidden()
    assert rita.page.url == f"{rita.base}/signals/"


def test_a_partner_is_offered_no_case_and_no_entity(enter: Enter, desk: world.Desk) -> None:
    petra = enter("petra")
    petra.go("/cases/")
    petra.press("Control+k")
    petra.page.keyboard.insert_text("AD-1")
    expect(petra.page.get_by_text("Nothing you may see")).to_be_visible()
    expect(petra.page.get_by_role("option")).to_have_count(0)


def test_it_is_a_page_without_scripts(enter: Enter, desk: world.Desk) -> None:
    rita = enter(script=False)
    page = rita.page
    page.goto(f"{rita.base}/cases/")
    page.get_by_role("link", name="Jump to").click()
    page.locator("#jump").fill("AD-2")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=re.compile("^AD-2 ")).click()
    page.wait_for_url(re.compile("/cases/AD-2/"))


@pytest.mark.parametrize("path", ["/palette/?q=AD-1", "/me/shortcuts/", "/cases/AD-1/"])
def test_the_palette_and_its_page_are_accessible(enter: Enter, desk: world.Desk, path: str) -> None:
    rita = enter()
    rita.go(path)
    rita.press("Control+k")
    expect(rita.page.get_by_role("option", name="Queues", exact=True)).to_be_visible()
    inside = Axe().run(rita.page, context="#palette")
    assert inside.violations_count == 0, inside.generate_report()
    rita.press("Escape")
    behind = Axe().run(rita.page)
    assert behind.violations_count == 0, behind.generate_report()
