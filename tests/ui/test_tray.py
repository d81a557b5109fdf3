"""The tray in the browser: filled from a queue, an entity and the explorer, compared, emptied."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from cases.models import Case, TrayItem
from detectors.models import Signal
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
SHOTS = os.environ.get("SCREENSHOTS", "")


def _shoot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.journey(9)
def test_it_is_filled_on_three_pages_by_one_key_compared_saved_and_acted_on_once(
    enter: Callable[..., Visitor], desk: world.Desk, tmp_path: Path
) -> None:
    first = Signal.objects.order_by("-occurred_at", "-pk")[0]
    entity = world.mention(first, "domain", "shared.example").entity
    world.mention(first, "account", f"{first.platform}:{first.actor}", role="actor")
    rita = enter()
    rita.go("/queues/operations/")
    rita.press("j", "x", "j", "x", "w")
    expect(rita.page.get_by_text("2 put in the tray.")).to_be_visible()
    rita.go(f"/entities/domain/{entity.pk}/")
    rita.press("w")
    expect(rita.page.get_by_text("1 put in the tray.")).to_be_visible()
    rita.go("/signals/")
    rita.press("j", "x", "w")
    expect(rita.page.get_by_text("1 put in the tray.")).to_be_visible()
    rita.press("g", "t")
    rita.page.wait_for_url("**/tray/")
    rita.ready()
    expect(rita.page.get_by_text("4 of 500")).to_be_visible()
    rita.page.get_by_role("button", name="Find what they share").click()
    rita.ready()
    shared = rita.page.get_by_role("region", name="What they share")
    expect(shared.get_by_role("link", name=re.compile("shared"))).to_be_visible()
    _shoot(rita, "tray")
    assert Axe().run(rita.page).response["violations"] == []
    _saved_and_filled_again(rita, tmp_path / "tray.csv")
    rita.page.get_by_label("Select all on this page").check()
    rita.page.get_by_role("button", name="Label").click()
    rita.page.get_by_label("Add", exact=True).fill("ring")
    rita.page.get_by_label("Reason").fill("one crew")
    rita.page.get_by_role("button", name=re.compile(r"^Label 2")).click()
    rita.page.wait_for_url(re.compile(r"/jobs/\d+/$"))
    rita.ready()
    assert Case.objects.filter(labels__contains=["ring"]).count() == 2
    assert rita.violations() == []


def _saved_and_filled_again(visitor: Visitor, table: Path) -> None:
    """Out as a table, emptied, and filled from that table."""
    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("button", name="Save as CSV").click()
    saved.value.save_as(table)
    visitor.page.get_by_role("button", name="Empty it").click()
    expect(visitor.page.get_by_role("heading", name="Nothing is in the tray")).to_be_visible()
    assert not TrayItem.objects.exists()
    visitor.page.get_by_label("or a file").set_input_files(table)
    visitor.page.get_by_role("button", name="Put in the tray").click()
    expect(visitor.page.get_by_text("4 put in the tray.")).to_be_visible()


def test_on_a_phone_it_is_one_column(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    rita = enter()
    rita.go("/cases/AD-3/")
    rita.press("w")
    expect(rita.page.get_by_text("1 put in the tray.")).to_be_visible()
    rita.page.set_viewport_size({"width": 390, "height": 844})
    rita.go("/tray/")
    _shoot(rita, "tray-phone")
    wide = rita.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
