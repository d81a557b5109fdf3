"""Every page in dark and light: accessible, not too wide, charts drawn, colours with contrast."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from abusedesk.core.models import User
from cases import notices
from cases.choices import NoticeKind, Severity
from cases.services.addition import add_to_case
from cases.services.marking import label_case
from detectors.choices import Outcome
from detectors.models import Campaign, Entity, Signal
from detectors.services.config import ensure_configs
from detectors.services.mapping import save_mapping
from detectors.services.verdict import record_verdict
from tests import letters
from tests.cases import build
from tests.cases.bulk import picked, start
from tests.ui import world
from tests.ui.conftest import Visitor

ROOT = Path(__file__).resolve().parents[2]
SHOTS = os.environ.get("SCREENSHOTS", "")
PAGES = {
    "work": "/",
    "queues": "/queues/",
    "queue": "/queues/operations/",
    "queue-empty": "/queues/scams/",
    "case": "/cases/AD-3/",
    "case-evidence": "/cases/AD-3/?tab=evidence",
    "case-summary-first": "/cases/AD-4/?tab=evidence",
    "case-blurred": "/cases/AD-5/?tab=evidence",
    "case-why": "/cases/AD-3/?tab=why",
    "case-timeline": "/cases/AD-3/?tab=timeline",
    "case-graph": "/cases/AD-3/graph/",
    "cases": "/cases/",
    "jobs": "/jobs/",
    "bulk": "/jobs/new/?action=close&all=1",
    "signals": "/signals/",
    "entity-find": "/entities/",
    "detectors": "/detectors/",
    "detector": "/detectors/near-duplicate-text/",
    "dashboard": "/dashboards/operations/",
    "tokens": "/settings/tokens/",
    "retention": "/settings/retention/",
    "queue-settings": "/settings/queues/",
    "queue-edit": "/settings/queues/operations/",
    "routing-new": "/settings/routing/new/",
    "shifts": "/settings/shifts/",
    "queue-filtered": "/queues/operations/?q=is:open+platform:x",
    "types": "/settings/types/",
    "mappings": "/settings/mapping/",
    "mapping-new": "/settings/mapping/new/",
    "mapping": "/settings/mapping/shop/",
    "letters": "/settings/dead-letters/",
    "sources": "/settings/sources/",
    "source": "/settings/sources/world/",
    "source-new": "/settings/new-source/",
    "me": "/me/",
    "wellness": "/me/wellness/",
    "break": "/me/break/",
    "masking": "/settings/masking/",
    "budgets": "/settings/exposure/",
    "statements": "/statements/",
    "policy-statement": "/settings/policies/harm-4/statement/",
    "not-found": "/cases/nothing/",
}
MORE = {
    "notices": "/inbox/",
    "search": "/search/?q=vote",
    "views": "/views/",
    "proposals": "/proposals/",
    "palette": "/palette/",
    "case-files": "/cases/AD-3/?tab=files",
    "case-related": "/cases/AD-3/?tab=related",
    "case-precedents": "/cases/AD-3/?tab=precedents",
    "case-messages": "/cases/AD-3/messages/",
    "lineage": "/cases/AD-3/lineage/",
    "quality": "/quality/",
    "golden": "/quality/golden/",
    "reporters": "/quality/reporters/",
    "own-results": "/quality/mine/",
    "agreement": "/quality/agreement/",
    "policies": "/settings/policies/",
    "policy": "/settings/policies/look/",
    "playbooks": "/settings/playbooks/",
    "templates": "/settings/messages/",
    "webhooks": "/settings/webhooks/",
    "watch": "/settings/watch/",
    "groups": "/settings/groups/",
    "detector-quality": "/dashboards/detectors/",
    "own-keys": "/me/shortcuts/",
}
SERIOUS = {"serious", "critical"}


@pytest.mark.ui
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.journey(25)
def test_every_page_is_accessible_and_fits(
    enter: Callable[..., Visitor], desk: world.Desk, theme: str
) -> None:
    ensure_configs()
    for number in range(9, 33 if SHOTS else 9):
        world.case(desk.queue, number)
    fields = {"text": "$.body", "kind": {"path": "$.type", "table": {"posted": "post"}}}
    sample = '{"body": "see https://a.example, write to b@c.example", "type": "posted"}'
    save_mapping(
        actor=desk.admin, slug="shop", spec={"fields": fields}, reason="look", sample=sample
    )
    for at, harm in ((3, Severity.CRITICAL), (4, Severity.HIGH)):
        slug = f"harm-{harm.value}"
        build.policy(slug, actor=desk.admin, harm=harm)
        label_case(actor=desk.lead, case=desk.cases[at], labels=[slug])
    User.objects.update(theme=theme)
    ada = enter("ada")
    ada.go("/cases/AD-3/")
    ada.press("a")
    expect(ada.page.get_by_text("Claimed by you")).to_be_visible()
    signal = Signal.objects.order_by("pk").first()
    assert signal is not None
    entity = Entity.objects.earliest("pk")
    letter = letters.refuse_item(world.source_of(), 1, kind="shout")
    own = {
        "signal": f"/signals/{signal.pk}/",
        "entity": f"/entities/{entity.type}/{entity.pk}/",
        "letter": f"/settings/dead-letters/{letter.pk}/",
        "letter-bulk": "/settings/dead-letters/bulk/?do=discard-all",
    }
    for name, path in {**PAGES, **own}.items():
        response = ada.page.goto(f"{ada.base}{path}")
        assert response is not None
        assert response.status == (404 if name == "not-found" else 200), path
        _fits(ada, path)
        _is_accessible(ada, path)
        _shoot(ada, f"{name}-{theme}")
    assert ada.watch.off_origin == []
    assert ada.watch.errors == []


@pytest.mark.ui
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pages_around_them_are_too(
    enter: Callable[..., Visitor], desk: world.Desk, theme: str
) -> None:
    ensure_configs()
    build.policy("look", actor=desk.admin)
    case, first = desk.cases[2], Signal.objects.earliest("pk")
    helper = world.mention(first, "account", "x:helper", role="actor").entity
    add_to_case(actor=desk.admin, case=case, entity=helper, reason="the same till")
    notices.give(case, NoticeKind.MENTION, [desk.admin], actor=desk.lead)
    job = start(desk.admin, picked(desk.cases[6:]))
    User.objects.update(theme=theme)
    ada = enter("ada")
    own = {
        "graph-node": f"/cases/{case.ref}/graph/node/{helper.pk}/",
        "graph-around": f"/cases/{case.ref}/graph/?around={helper.pk}&expand={helper.pk}",
        "summary-added": f"/cases/{case.ref}/",
        "job": f"/jobs/{job.pk}/",
    }
    for name, path in {**MORE, **own}.items():
        response = ada.page.goto(f"{ada.base}{path}")
        assert response is not None
        assert response.status == 200, path
        _fits(ada, path)
        _is_accessible(ada, path)
        _shoot(ada, f"{name}-{theme}")
    assert (ada.watch.off_origin, ada.watch.errors) == ([], [])


def _fits(visitor: Visitor, path: str) -> None:
    for width in (1440, 1024, 360):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        wide = visitor.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{path} is {wide} px too wide at {width}"
    visitor.page.set_viewport_size({"width": 1440, "height": 900})


def _is_accessible(visitor: Visitor, path: str) -> None:
    found = Axe().run(visitor.page).response["violations"]
    bad = [
        (one["id"], one["nodes"][0]["html"][:160], one["nodes"][0].get("failureSummary", ""))
        for one in found
        if one["impact"] in SERIOUS
    ]
    assert bad == [], path


def _shoot(visitor: Visitor, name: str) -> None:
    """With SCREENSHOTS=directory in the environment the run leaves a picture of each page."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        if "dashboard" in name:
            visitor.page.wait_for_selector("[data-drawn]")
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


@pytest.mark.ui
def test_the_login_page_is_accessible(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    rita = enter()
    rita.page.context.clear_cookies()
    rita.page.goto(f"{rita.base}/login/")
    _is_accessible(rita, "/login/")
    _shoot(rita, "login-dark")


@pytest.mark.ui
@pytest.mark.journey(29)
def test_charts_are_drawn_on_their_axes(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    """Where Plotly's rules are blocked, bars are shifted without an error."""
    ada = enter("ada")
    page = ada.page
    ada.go("/dashboards/operations/")
    page.wait_for_selector("[data-drawn]")
    expect(page.locator("[data-drawn]")).to_have_count(3)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll(".chart")].map((chart) => {
          const plot = chart.querySelector(".nsewdrag").getBoundingClientRect();
          const bars = [...chart.querySelectorAll(".bars .point path")]
            .map((bar) => bar.getBoundingClientRect()).filter((box) => box.height > 1);
          return {count: bars.length, off: bars.filter((box) => box.left < plot.left - 1
            || box.right > plot.right + 1
            || Math.abs(box.bottom - plot.bottom) > plot.height).length};
        })"""
    )
    assert all(box["count"] > 0 and box["off"] == 0 for box in boxes), boxes
    assert page.locator(".js-plotly-plot a, .modebar-btn").count() == 0
    assert ada.watch.off_origin == []
    page.get_by_text("Show as table").first.click()
    total = page.locator(".twin").first.locator("tbody td").all_inner_texts()
    assert sum(int(cell.replace(",", "")) for cell in total) == Signal.objects.count()


@pytest.mark.ui
@pytest.mark.parametrize("path", ["/dashboards/operations/", "/dashboards/detectors/"])
def test_a_chart_asks_nothing_of_the_policy(
    enter: Callable[..., Visitor], desk: world.Desk, path: str
) -> None:
    record_verdict(
        campaigns=list(Campaign.objects.all()),
        outcome=Outcome.ABUSE,
        decision_ref="decision-1",
        expires_at=None,
    )
    ada = enter("ada")
    ada.go(path)
    ada.page.locator("[data-drawn]").first.wait_for()
    ada.page.locator(".nsewdrag").first.hover()
    assert ada.violations() == []
    assert ada.watch.complaints == []
    own = ada.page.evaluate(
        "document.getElementById('plotly.js-style-global').sheet.cssRules.length"
    )
    assert own > 20, "Plotly's rules did not go into the sheet that is there for them"


PAIRS = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
TOKENS = {
    name: (light, dark)
    for name, light, dark in PAIRS.findall(
        (ROOT / "static/css/tokens.css").read_text(encoding="utf-8").split("data-contrast")[0]
    )
}
LEAST = {
    **dict.fromkeys(("text", "muted", "critical", "high", "medium", "low", "info", "good"), 5.3),
    **dict.fromkeys(("focus", "border"), 3.4),
    **dict.fromkeys([f"chart-{number}" for number in range(1, 7)], 3.9),
}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", LEAST)
def test_tokens_have_contrast_on_all_surfaces(name: str, theme: int) -> None:
    for surface in ("bg", "surface", "raised"):
        ratio = _contrast(TOKENS[name][theme], TOKENS[surface][theme])
        assert ratio >= LEAST[name], f"{name} on {surface}: {ratio:.2f}"


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
