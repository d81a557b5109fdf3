"""On a phone rows are cards: each cell says what it is; without scripts the heads stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from abusedesk.core import clock
from detectors.models import Backtest
from detectors.services.backtest import run_backtest, start_backtest
from detectors.services.config import ensure_configs
from tests.cases.bulk import picked, start
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
PHONE: ViewportSize = {"width": 390, "height": 844}
PAGES = (
    "/", "/queues/", "/queues/operations/", "/cases/", "/jobs/", "/signals/", "/detectors/",
    "/detectors/near-duplicate-text/", "/settings/tokens/", "/settings/queues/", "/me/wellness/",
    "/cases/AD-3/?tab=graph", "/cases/AD-3/lineage/", "/settings/sources/", "/rules/new/",
)  # fmt: skip
# Cells with words under a column with a head, that say nothing of that column; how wide it all is.
LOOK = """() => {
  const bare = [];
  for (const table of document.querySelectorAll("main table")) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    for (const row of table.tBodies[0]?.rows ?? []) {
      if (row.cells.length !== heads.length || !row.checkVisibility()) continue;
      [...row.cells].forEach((cell, place) => {
        const head = heads[place].querySelector(".sr") ? "" : heads[place].textContent.trim();
        if (cell.tagName !== "TD" || !head || !cell.textContent.trim()) return;
        if (cell.matches(".case-cell, .signal-text, .tick")) return;
        const said = getComputedStyle(cell, "::before").content;
        if (!said.includes(head.split(/\\s+/)[0])) bare.push(`${head}: ${cell.textContent.trim()}`);
      });
    }
  }
  const page = document.documentElement;
  return { bare, wide: page.scrollWidth - page.clientWidth };
}"""


def _backtest(desk: world.Desk) -> Backtest:
    until = clock.now()
    run = start_backtest(
        actor=desk.lead,
        slug="near-duplicate-text",
        params={"min_accounts": 6},
        since=until - timedelta(days=3),
        until=until,
    )
    run_backtest(run_id=run.pk)
    return run


def test_every_cell_says_what_it_is_and_no_page_is_too_wide(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    run = _backtest(desk)
    start(desk.admin, picked(desk.cases[5:]))
    ada = enter("ada")
    ada.page.set_viewport_size(PHONE)
    for path in (*PAGES, f"/detectors/near-duplicate-text/runs/{run.pk}/"):
        ada.go(path)
        assert ada.page.evaluate(LOOK) == {"bare": [], "wide": 0}, path
    found = Axe().run(ada.page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert (ada.violations(), ada.watch.errors) == ([], [])


def test_rows_that_come_later_are_labelled_too(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter()
    rita.page.set_viewport_size(PHONE)
    rita.go("/queues/operations/")
    world.case(desk.queue, 60)
    expect(rita.page.locator("#new-rows")).to_be_visible(timeout=15_000)
    rita.page.locator("#show-new").click()
    expect(rita.page.locator("#AD-60")).to_be_visible()
    assert rita.page.evaluate(LOOK)["bare"] == []


def test_without_scripts_the_heads_of_a_table_stay(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter(script=False)
    rita.page.set_viewport_size(PHONE)
    rita.page.goto(f"{rita.base}/queues/")
    expect(rita.page.get_by_role("columnheader").first).to_be_visible()
