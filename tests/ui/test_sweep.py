"""A lead sweeps a setting in the browser: values stay, the curve is drawn, a table beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from detectors.models import Backtest
from detectors.services.backtest import run_backtest
from detectors.services.config import ensure_configs
from detectors.services.source import history_stream
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui

SLUG = "near-duplicate-text"
SHOTS = os.environ.get("SCREENSHOTS", "")


def test_several_values_are_tried_and_drawn_as_precision_against_recall(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    history_stream(slug="old", title="Import of 2024", tick_floor_s=0)
    lena = enter("lena")
    page = lena.page
    lena.go(f"/detectors/{SLUG}/")
    expect(page.get_by_label("of", exact=True)).to_contain_text("Import of 2024")
    page.get_by_role("link", name="Sweep a setting").click()
    page.get_by_label("Setting").select_option("min_accounts")
    page.get_by_label("Values").fill("3, four")
    page.get_by_role("button", name="Try them all").click()
    expect(page.get_by_role("alert").filter(has_text="Write numbers")).to_be_visible()
    expect(page.get_by_label("Values")).to_have_value("3, four")
    _shoot(lena, "sweep-new")
    page.get_by_label("Values").fill("2, 4, 6, 12")
    page.get_by_role("button", name="Try them all").click()
    page.wait_for_url(re.compile(rf"/detectors/{SLUG}/runs/\d+/$"))
    run = Backtest.objects.get()
    run_backtest(run_id=run.pk)
    run.refresh_from_db()
    _decide(run)
    lena.go(f"/detectors/{SLUG}/runs/{run.pk}/")
    expect(page.locator(".chart .scatterlayer path.point")).to_have_count(5)
    expect(page.get_by_role("row", name=re.compile(r"^3 accounts in force"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"^12 accounts"))).to_contain_text("96")
    _shoot(lena, "sweep")
    assert (lena.violations(), lena.watch.errors, lena.watch.off_origin) == ([], [], [])


def _decide(run: Backtest) -> None:
    """As if people had decided thirty campaigns: stricter values find fewer, and err less."""
    result = run.result
    for place, point in enumerate([*result["points"], result["in_force"]]):
        share = {"value": 0.8 + 0.04 * place, "low": 0.6, "high": 0.98, "n": 30}
        found = {"value": 0.95 - 0.1 * place, "low": 0.4, "high": 0.99, "n": 25}
        point |= {"precision": share, "recall": found}
    result["points"][3]["precision"]["value"] = 0.96
    Backtest.objects.filter(pk=run.pk).update(result=result)


def _shoot(who: Visitor, name: str) -> None:
    if SHOTS:
        for width in (1440, 390):
            who.page.set_viewport_size({"width": width, "height": 900})
            who.page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        who.page.set_viewport_size({"width": 1440, "height": 900})
