"""A lead tries a setting in the browser, and the page tells by itself when it is done."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from detectors.models import Backtest
from detectors.services.backtest import run_backtest
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui


def test_a_setting_is_tried_and_the_result_comes_by_itself(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    lena = enter("lena")
    page = lena.page
    lena.go("/detectors/near-duplicate-text/")
    page.get_by_label("Min accounts").fill("6")
    page.get_by_role("button", name="Backtest").click()
    page.wait_for_url(re.compile(r"/detectors/near-duplicate-text/runs/\d+/$"))
    expect(page.get_by_role("heading", name="Running")).to_be_visible()
    run_backtest(run_id=Backtest.objects.get().pk)
    expect(page.get_by_role("heading", name="Current and proposed")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("row", name="Min accounts 3 accounts 6 accounts")).to_be_visible()
