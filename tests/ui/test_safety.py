"""Hostile strings in every place where evidence is shown: nothing runs, loads, links or hides."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from cases.models import Case, CaseCampaign
from detectors.models import Campaign, Entity, Finding, Signal
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui]
RLO = "\u202e"
PACK = (
    '<script>document.title="owned"</script><img src=https://evil.example/p.png onerror=alert(1)>'
    '"><svg/onload=alert(2)><a href="https://evil.example/a">click</a>'
    '<div hx-get="/logout/" hx-trigger="load">x</div> javascript:alert(3) '
    f"https://evil.example/pay {RLO}gpj.exe \u200bhid\u200bden \u2066iso\u2069 "
    "Z" + "\u0336" * 200 + " " + "w" * 3_000
)
PAGES = (
    "/cases/EVIL-1/",
    "/cases/EVIL-1/?tab=evidence",
    "/cases/EVIL-1/?tab=why",
    "/cases/EVIL-1/?tab=timeline",
    "/queues/operations/",
    "/cases/",
    "/signals/",
    "/detectors/",
    "/dashboards/operations/",
    "/dashboards/detectors/",
)


@pytest.fixture
def evil(desk: world.Desk) -> Case:
    """A case whose every string was written by an attacker."""
    case = world.case(desk.queue, 40, text=PACK, ref="EVIL-1", title=PACK[:200], reasons=[PACK])
    case.summary = [{"lead": "What", "text": PACK, "finding_ids": []}]
    case.platforms = ["x"]
    case.save()
    link = CaseCampaign.objects.get(case=case)
    Finding.objects.filter(campaigns__campaign=link.campaign).update(
        sentence=PACK, falsifiers=[PACK], flags=["<b>flag</b>"], anchor_value=PACK
    )
    Signal.objects.filter(external_id__startswith="w-40-").update(
        actor="p\u0430ypal<i>", payload={"urls": ["javascript:alert(4)", "https://evil.example/x"]}
    )
    world.mention(Signal.objects.get(external_id="w-40-0"), "url", "https://evil.example/<b>x")
    assert Campaign.objects.filter(pk=link.campaign_id).exists()
    return case


@pytest.mark.journey(23)
def test_nothing_in_evidence_acts(enter: Callable[..., Visitor], evil: Case) -> None:
    rita = enter("ada")
    signal = Signal.objects.get(external_id="w-40-0")
    entity = Entity.objects.get(value="https://evil.example/<b>x")
    own = (f"/entities/url/{entity.pk}/", f"/entities/?type=url&value={quote(PACK)}")
    for path in (*PAGES, *own, f"/signals/{signal.pk}/", f"/signals/{signal.pk}/?text=all"):
        rita.go(path)
        _looks_safe(rita, path)
    assert rita.watch.dialogs == []
    assert rita.watch.off_origin == []
    assert rita.watch.errors == []


def _looks_safe(visitor: Visitor, path: str) -> None:
    page = visitor.page
    assert "owned" not in page.title(), path
    body = page.locator("body")
    assert RLO not in body.inner_text(), path
    assert page.locator('a[href*="evil"], img, iframe, object, main script[src]').count() == 0, path
    assert page.locator("[onerror], [onload], main [hx-get='/logout/']").count() == 0, path
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{path} is {wide} px too wide"
    assert visitor.violations() == [], path


@pytest.mark.journey(23)
def test_hidden_characters_are_seen(enter: Callable[..., Visitor], evil: Case) -> None:
    rita = enter()
    rita.go("/cases/EVIL-1/?tab=evidence")
    first = rita.page.locator("article.signal").first
    expect(first.locator(".chip-code", has_text="RLO").first).to_be_visible()
    expect(first.locator(".chip-code", has_text="ZWSP").first).to_be_visible()
    expect(first.locator(".chip-code", has_text="marks").first).to_be_visible()
    expect(first.locator(".defanged", has_text="hxxps://evil[.]example/pay").first).to_be_visible()
    expect(rita.page.locator(".confusable").first).to_be_visible()
    expect(rita.page.get_by_text("more characters").last).to_be_visible()


def test_a_note_cannot_link(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    rita = enter()
    rita.go("/cases/AD-1/")
    rita.press("c")
    rita.page.keyboard.type("[x](https://evil.example) <b>no</b> ![p](https://evil.example/p.png)")
    rita.press("Control+Enter")
    note = rita.page.locator("article.note")
    expect(note).to_contain_text("hxxps://evil[.]example")
    assert note.locator("a, img, b").count() == 0
    assert rita.watch.off_origin == []
