"""Own keys at a browser: the new key works, the old one is free, off is off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui, pytest.mark.row(31)]
Enter = Callable[..., Visitor]


@pytest.mark.journey(27)
def test_a_key_is_changed_on_the_page_and_then_works(enter: Enter, desk: world.Desk) -> None:
    rita = enter(mouse=False)
    rita.go("/me/shortcuts/")
    rita.page.locator("#key-note").fill(";")
    rita.page.locator("#key-skip").fill("")
    rita.press("Control+Enter")
    expect(rita.page.get_by_text("Your keys are saved.")).to_be_visible()
    rita.go("/cases/AD-1/")
    note = rita.page.locator("[data-hotkey~=note]")
    rita.press("c")
    expect(note).not_to_be_focused()
    rita.press(";")
    expect(note).to_be_focused()
    rita.press("Escape", "?")
    expect(rita.page.locator("[data-key-row=note] kbd")).to_have_text(";")
    expect(rita.page.locator("[data-key-row=skip]")).to_have_count(0)
    assert rita.violations() == []


@pytest.mark.journey(27)
def test_a_clash_is_shown_at_its_field_and_nothing_typed_is_lost(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    rita.go("/me/shortcuts/")
    rita.page.locator("#key-note").fill("a")
    rita.page.locator("#key-skip").fill(";")
    rita.press("Control+Enter")
    expect(rita.page.get_by_text("is also the key of")).to_be_visible()
    expect(rita.page.locator("[aria-invalid=true]")).to_have_count(1)
    expect(rita.page.locator("#key-skip")).to_have_value(";")


def test_repeating_belongs_to_the_step_and_not_to_its_letter(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    rita.go("/me/shortcuts/")
    rita.page.locator("#key-item-next").fill(";")
    rita.press("Control+Enter")
    expect(rita.page.get_by_text("Your keys are saved.")).to_be_visible()
    rita.go("/queues/operations/")
    rita.page.keyboard.down(";")
    rita.page.keyboard.down(";")  # held: the second one is a repeat
    rita.page.keyboard.up(";")
    rows = rita.page.locator("[data-item]")
    expect(rows.nth(1)).to_contain_class("is-current")


def test_an_opened_menu_has_the_focus_before_the_next_key_can_come(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter()
    rita.go(f"/cases/{desk.cases[0].ref}/")
    focused = rita.page.evaluate(
        """() => {
          document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "m", bubbles: true}));
          return document.activeElement.textContent.trim();
        }"""
    )
    assert focused == "Merge with another case"
