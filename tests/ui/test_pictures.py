"""The pictures of the documentation: pages of the demo world; `make screenshots` keeps them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from abusedesk.core import clock
from abusedesk.core.models import User
from cases.models import Case
from detectors.models import Backtest, CampaignEdge, Entity, Stream
from detectors.services.backtest import run_backtest, start_backtest
from tests.ui.conftest import Visitor
from tests.ui.test_demo_world import loaded

__all__ = ["loaded"]

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")
SIZE: ViewportSize = {"width": 1080, "height": 560}
FEW = 250
SETTING = "near-duplicate-text"


def _shoot(visitor: Visitor, name: str, part: str = "") -> None:
    """part: instead of the window."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        path = str(Path(SHOTS) / f"docs-{name}.png")
        box = visitor.page.locator(part).bounding_box() if part else None
        clip: Any = box and {**box}
        visitor.page.screenshot(path=path, full_page=bool(part), clip=clip)


def _case_with_a_graph() -> Case:
    """The case of the demo world whose graph has most links, of those that can be read at once."""
    found = {
        case: CampaignEdge.objects.filter(campaign__case_link__case=case).count()
        for case in Case.objects.filter(queue__slug="inbox")
    }
    readable = {case: links for case, links in found.items() if links <= FEW}
    return max(readable, key=lambda case: (readable[case], case.pk))


def _backtest() -> Backtest:
    now = clock.now()
    run = start_backtest(
        actor=User.objects.get(username="lena"),
        slug=SETTING,
        params={"min_accounts": 8},
        since=now - timedelta(days=5),
        until=now,
        line=Stream.objects.get(slug__startswith="demo-").slug,
    )
    run_backtest(run_id=run.pk)
    run.refresh_from_db()
    return run


def test_the_pages_of_the_documentation_show_the_demo_world(
    loaded: None, enter: Callable[..., Visitor]
) -> None:
    lena = enter("lena")
    page = lena.page
    page.set_viewport_size(SIZE)
    lena.go("/queues/inbox/")
    expect(page.locator("tbody tr").nth(3)).to_be_visible()
    _shoot(lena, "queue")

    worst = Case.objects.filter(queue__slug="inbox").earliest("-priority")
    lena.go(f"/cases/{worst.ref}/")
    lena.press("a")
    expect(page.get_by_text("Claimed by you")).to_be_visible()
    lena.go(f"/cases/{worst.ref}/?tab=why")
    expect(page.locator(".finding").first).to_be_visible()
    _shoot(lena, "case")

    tied = _case_with_a_graph()
    member = tied.campaign_links.earliest("pk").campaign.members.earliest("account").account
    account = Entity.objects.get(type="account", value=member)
    lena.go(f"/cases/{tied.ref}/graph/")
    expect(page.locator("svg.graph .node").first).to_be_visible()
    page.set_viewport_size({"width": 1080, "height": 900})
    _shoot(lena, "graph", ".graph-card")
    page.set_viewport_size(SIZE)
    lena.go(f"/cases/{tied.ref}/graph/node/{account.pk}/")
    expect(page.get_by_role("heading", name="One node of the graph")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    _shoot(lena, "node")

    lena.go(f"/detectors/{SETTING}/")
    expect(page.get_by_label("Min accounts")).to_be_visible()
    _shoot(lena, "detector")
    run = _backtest()
    lena.go(f"/detectors/{SETTING}/runs/{run.pk}/")
    expect(page.get_by_role("heading", name="Current and proposed")).to_be_visible()
    _shoot(lena, "backtest")
    assert (lena.watch.errors, lena.watch.off_origin) == ([], [])
