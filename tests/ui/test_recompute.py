"""A reviewer scores a finding again and asks what one signal is worth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from abusedesk.core import clock
from cases.models import Case
from detectors.services.ingest import ingest_batch
from tests import desk as whole
from tests import make
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui]


@pytest.mark.row(110)
@pytest.mark.journey(17)
def test_from_the_why_tab_to_the_same_score_and_to_another(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    whole.forget()
    start = clock.now() - timedelta(hours=5)
    device = {"device": "hmac:device-0001-abcdef"}
    signals = [
        make.signal(
            number,
            actor=f"sock{number}",
            occurred_at=start + timedelta(minutes=number),
            identifiers=device,
        )
        for number in range(7)
    ]
    ingest_batch(source=world.source_of(), signals=signals)
    whole.work()
    case = Case.objects.get(campaign_links__campaign__members__account="x:sock1")
    rita = enter()
    page = rita.page
    page.goto(f"{rita.base}/cases/{case.ref}/?tab=why")
    page.get_by_role("link", name="recompute").first.click()
    expect(page.get_by_text("The same.")).to_be_visible()
    page.get_by_role("combobox", name="Signal").select_option(index=1)
    page.get_by_role("button", name="Recompute").click()
    expect(page.get_by_text("Different.")).to_be_visible()
    expect(page.get_by_text("No longer named:")).to_be_visible()
