"""A reviewer grows a case from its graph by keys, takes that back, and reads a tangle."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from cases.models import Case
from detectors.models import CampaignEdge, CampaignMember, Signal
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
SHOTS = os.environ.get("SCREENSHOTS", "")


def _shot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def _axe(visitor: Visitor) -> list[str]:
    return [one["id"] for one in Axe().run(visitor.page).response["violations"]]


def _till(case: Case) -> None:
    """A member of the case and an account outside send people to one shop."""
    signals = list(Signal.objects.order_by("pk")[:40])
    member = case.campaign_links.get().campaign.members.earliest("account").account
    own = next(one for one in signals if f"{one.platform}:{one.actor}" == member)
    for signal, account in ((own, member), (signals[30], "x:helper")):
        world.mention(signal, "account", account, role="actor")
        world.mention(signal, "domain", "shop.example")
    second = case.campaign_links.get().campaign.members.latest("account").account
    CampaignEdge.objects.create(
        campaign=case.campaign_links.get().campaign,
        a=member,
        b=second,
        score=4.0,
        parts={"content": [7.0, 0]},
    )


def _tangle(case: Case, size: int = 24) -> None:
    """All tied with all, but for a few pairs: 254 links among 24 accounts."""
    campaign = case.campaign_links.get().campaign
    CampaignMember.objects.filter(campaign=campaign).delete()
    names = [f"x:crew-{number:02}" for number in range(size)]
    signal = Signal.objects.earliest("pk")
    for name in names:
        CampaignMember.objects.create(campaign=campaign, account=name, p=0.9, core=True)
        world.mention(signal, "account", name)
    pairs = list(combinations(names, 2))[: 276 if size != 24 else 254]
    CampaignEdge.objects.bulk_create(
        CampaignEdge(campaign=campaign, a=a, b=b, score=3.0 + place % 5, parts={"timing": [6.0, 0]})
        for place, (a, b) in enumerate(pairs)
    )


@pytest.mark.row(57)
def test_a_node_is_expanded_an_account_outside_is_added_and_taken_off_by_keys(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = desk.cases[2]
    _till(case)
    rita = enter(mouse=False)
    page = rita.page
    rita.go(f"/cases/{case.ref}/graph/")
    page.locator("svg.graph .node.is-account[data-expand]").first.focus()
    rita.press("Shift+E")
    rita.ready()
    expect(page.locator("svg.graph .is-used")).to_have_count(1)
    row = page.get_by_role("row").filter(has_text="shop[.]example")
    expect(row).to_contain_text("2, 1 of them here")
    page.locator("svg.graph .is-used").focus()
    rita.press("Shift+E")
    rita.ready()
    outside = page.locator("svg.graph .is-outside")
    expect(outside).to_have_count(1)
    _shot(rita, "graph-reach")
    assert _axe(rita) == []
    outside.focus()
    rita.press("Enter")
    panel = page.locator("#tie")
    expect(panel.get_by_role("heading", name="x:helper")).to_be_focused()
    expect(panel).to_contain_text("not in the case")
    assert _axe(rita) == []
    panel.get_by_label("Why does it belong").focus()
    page.keyboard.type("pays at the same till")
    _shot(rita, "graph-node")
    rita.press("Enter")
    rita.ready()
    expect(page.locator("svg.graph .is-by-hand")).to_have_count(1)
    expect(page.locator("svg.graph .is-outside")).to_have_count(0)
    assert page.url.count("expand=") == 2
    _shot(rita, "graph-added")
    rita.go(f"/cases/{case.ref}/?tab=timeline")
    expect(page.locator(".timeline")).to_contain_text(
        "added the account x:helper by hand. Reason: pays at the same till"
    )
    page.get_by_role("button", name="Take off").focus()
    rita.press("Enter")
    expect(page.locator(".timeline")).to_contain_text("took the account x:helper off again")
    assert not case.additions.exists()
    assert (rita.violations(), rita.watch.errors, rita.watch.off_origin) == ([], [], [])


def test_of_a_tangle_the_strongest_links_are_drawn_and_an_account_is_isolated(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = desk.cases[2]
    _tangle(case)
    rita = enter(mouse=False)
    page = rita.page
    rita.go(f"/cases/{case.ref}/graph/")
    graph = page.locator("svg.graph")
    expect(graph.locator(".node")).to_have_count(24)
    drawn = graph.locator("a[data-ends]").count()
    assert 23 <= drawn <= 72
    expect(page.get_by_text("of 254 links are drawn")).to_be_visible()
    _shot(rita, "graph-tangle")
    graph.locator(".node").first.focus()
    rita.press("i")
    rita.ready()
    assert "around=" in page.url
    expect(graph.locator("a[data-ends]")).to_have_count(23)
    _shot(rita, "graph-isolated")
    assert _axe(rita) == []
    rita.press("Escape")
    rita.ready()
    rita.go(f"/cases/{case.ref}/graph/")
    page.get_by_role("link", name="Draw all").focus()
    rita.press("Enter")
    expect(graph.locator("a[data-ends]")).to_have_count(254)
    assert rita.violations() == []


def test_a_crew_inside_a_larger_graph_is_one_node_that_opens(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = desk.cases[2]
    _tangle(case, 13)
    campaign = case.campaign_links.get().campaign
    for name in ("x:courier", "x:banker"):
        CampaignMember.objects.create(campaign=campaign, account=name, p=0.9, core=True)
        CampaignEdge.objects.create(
            campaign=campaign, a="x:crew-00", b=name, score=2.0, parts={"content": [4.0, 0]}
        )
    rita = enter(mouse=False)
    page = rita.page
    rita.go(f"/cases/{case.ref}/graph/")
    crew = page.locator("svg.graph .is-community")
    expect(crew).to_have_count(1)
    expect(crew.locator(".node-count")).to_have_text("13")
    _shot(rita, "graph-bundle")
    assert _axe(rita) == []
    crew.focus()
    rita.press("Enter")
    expect(page.locator("svg.graph .node.is-account")).to_have_count(13)
