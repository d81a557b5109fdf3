"""A reviewer reads the graph of a case by keys: along links, into one, to the cut."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from abusedesk.core.own_keys import save_keys
from cases.models import Case
from detectors.models import CampaignEdge, CampaignMember, Signal
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
SHOTS = os.environ.get("SCREENSHOTS", "")
FAMILIES = ("content", "timing", "infra-hard")


def _tied(case: Case) -> list[str]:
    """A path through all members, on evidence of different families; the last one has faded."""
    campaign = case.campaign_links.get().campaign
    names = sorted(campaign.members.values_list("account", flat=True))
    finding = campaign.evidence.earliest("pk").finding_id
    for place, (a, b) in enumerate(pairwise(names)):
        parts = {FAMILIES[place % len(FAMILIES)]: [3.0 + place, finding]}
        CampaignEdge.objects.create(campaign=campaign, a=a, b=b, score=1.0 + 3 * place, parts=parts)
    CampaignMember.objects.filter(campaign=campaign, account=names[-1]).update(p=0.0)
    first = Signal.objects.filter(actor=names[0].partition(":")[2]).earliest("pk")
    world.mention(first, "account", names[0])
    world.mention(first, "domain", "shop.example")
    return names


def _shot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_the_graph_is_read_by_keys_and_an_account_is_expanded(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = desk.cases[2]
    names = _tied(case)
    rita = enter(mouse=False)
    page = rita.page
    rita.go(f"/cases/{case.ref}/")
    rita.press("v", "g")
    expect(page.locator("svg.graph .node")).to_have_count(len(names))
    _shot(rita, "graph-tab")
    rita.go(f"/cases/{case.ref}/graph/")
    graph = page.locator("svg.graph")
    graph.locator(".node", has_text=names[1]).last.focus()
    before = graph.get_attribute("viewBox")
    rita.press("+")
    assert graph.get_attribute("viewBox") != before
    rita.press("Home")
    assert graph.get_attribute("viewBox") == before
    focused = page.locator("a:focus")
    for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        if focused.get_attribute("data-ends") is None:
            rita.press(key)
    assert names[1] in (focused.get_attribute("aria-label") or "")
    rita.press("Enter")
    panel = page.locator("#tie")
    expect(panel.get_by_role("button", name="Preview cut")).to_be_visible()
    expect(panel).to_contain_text("halves every")
    assert page.url.endswith(f"/cases/{case.ref}/graph/")
    _shot(rita, "graph-link")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    page.get_by_role("link", name=f"Expand {names[0]}").focus()
    rita.press("Enter")
    expect(page.locator("svg.graph .is-used")).not_to_have_count(0)
    expect(page.get_by_role("link", name="shop[.]example", exact=True).last).to_be_visible()
    _shot(rita, "graph-expanded")
    assert rita.violations() == []
    assert (rita.watch.errors, rita.watch.off_origin) == ([], [])


def test_the_graph_obeys_keys_of_ones_own(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    case = desk.cases[2]
    _tied(case)
    save_keys(actor=desk.reviewer, typed={"graph-in": "=", "graph-out": ""})
    rita = enter(mouse=False)
    rita.go(f"/cases/{case.ref}/graph/")
    graph = rita.page.locator("svg.graph")
    graph.locator(".node").last.focus()
    whole = graph.get_attribute("viewBox")
    rita.press("+")
    assert graph.get_attribute("viewBox") == whole
    rita.press("=")
    near = graph.get_attribute("viewBox")
    assert near != whole
    rita.press("-")
    assert graph.get_attribute("viewBox") == near


@pytest.mark.journey(11)
def test_delete_on_a_link_leads_to_the_preview_of_the_cut(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = desk.cases[2]
    _tied(case)
    rita = enter(mouse=False)
    rita.go(f"/cases/{case.ref}/graph/")
    rita.page.locator("svg.graph [data-cut]").last.focus()
    rita.press("Delete")
    expect(rita.page.get_by_role("heading", name="Cut")).to_be_visible()
    assert "left=" in rita.page.url


def test_without_scripts_a_link_opens_its_own_page(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = desk.cases[2]
    _tied(case)
    rita = enter(script=False)
    rita.page.goto(f"{rita.base}/cases/{case.ref}/graph/")
    rita.page.get_by_role("link", name="Why").first.click()
    expect(rita.page.get_by_role("heading", name="What ties two accounts")).to_be_visible()
    expect(rita.page.get_by_role("button", name="Preview cut")).to_be_visible()
