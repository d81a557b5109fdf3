"""The operations page in a browser: who is behind, and that senders are asked to wait."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from detectors.services.ingest import ingest_batch
from tests import make
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui, pytest.mark.row(12)]


@pytest.mark.journey(28)
def test_the_lag_tile_says_who_is_behind_and_leads_to_the_detectors(
    enter: Callable[..., Visitor], settings: Settings
) -> None:
    ingest_batch(source=make.source(), signals=[make.signal(number) for number in range(5)])
    settings.MAX_LAG_SIGNALS = 2
    visitor = enter()
    visitor.go("/dashboards/operations/")
    tile = visitor.page.locator(".tile").last
    expect(tile).to_contain_text(re.compile("[0-9]+ signals wait for .+; senders get 429"))
    tile.click()
    visitor.page.wait_for_url("**/detectors/")
    assert visitor.violations() == []
