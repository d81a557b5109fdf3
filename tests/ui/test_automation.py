"""Automation in the console: two people allow it, it trips, people settle and undo."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from abusedesk.core import clock
from abusedesk.core.models import User
from cases.choices import AutomatedState, DeliveryKind, DeliveryState
from cases.models import AutomatedAction, Delivery, Webhook
from cases.services.automation import allow_automation, propose_automation
from cases.services.protected import protect_entities
from cases.services.version_undo import run_undo
from detectors.models import Entity
from tests.cases import automated
from tests.cases.automated import SLUG, found, names, permit, take_all
from tests.ui import world
from tests.ui.conftest import Visitor

Enter = Callable[..., Visitor]
SHOTS = os.environ.get("SCREENSHOTS", "")
PAGE = f"/automation/{SLUG}/"
EVIL = "x:<b onclick=alert(1)>\u202eevil</b>"


def _shoot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def _allowed(desk: world.Desk, cap: int = 3, resume_hours: int | None = 4) -> None:
    world.config_of(SLUG)
    row = propose_automation(
        actor=desk.admin,
        slug=SLUG,
        permit=permit(cap=cap, days=7, resume_hours=resume_hours, least_precision=0.6),
        reason="waves of sign-ups come at night",
    )
    allow_automation(actor=desk.lead, automation=row)


def _many(number: int, name: str = "wave", first: int = 0) -> None:
    found([f"x:wave{first + place}" for place in range(number)], anchor=name)
    take_all()


@pytest.mark.ui
@pytest.mark.row(68)
@pytest.mark.row(96)
@pytest.mark.journey(19)
def test_an_admin_proposes_a_lead_allows_it_trips_and_held_hits_are_settled(
    enter: Enter, desk: world.Desk
) -> None:
    world.config_of(SLUG)
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    ada = enter("ada")
    _proposes(ada)
    _many(2, "before")
    assert not AutomatedAction.objects.exists()

    lena = enter("lena")
    lena.go("/automation/")
    expect(lena.page.get_by_text("waves come at night")).to_be_visible()
    lena.page.get_by_role("link", name=SLUG).first.click()
    lena.page.get_by_role("button", name="Allow").click()
    expect(lena.page.get_by_role("heading", name="Acts by itself")).to_be_visible()

    _many(10)
    assert (len(names(AutomatedState.ACTED)), Delivery.objects.count()) == (3, 3)
    lena.go(PAGE)
    page = lena.page
    expect(page.get_by_role("heading", name="Tripped")).to_be_visible()
    expect(page.get_by_text("the cap of 3 actions an hour is reached")).to_be_visible()
    expect(page.get_by_role("heading", name="7 held")).to_be_visible()
    _shoot(lena, "automation-tripped")
    for place in (0, 1):
        page.locator("input[name=hit]").nth(place).check()
    page.get_by_label("Reason", exact=True).fill("these two are the ring of May")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released 2.")).to_be_visible()
    expect(page.get_by_role("heading", name="5 held")).to_be_visible()
    assert Delivery.objects.count() == 5
    page.get_by_label("All 5, also those that are not shown").check()
    page.get_by_label("Reason", exact=True).fill("a school class")
    page.get_by_role("button", name="Drop").click()
    expect(page.get_by_text("Dropped 5.")).to_be_visible()
    assert len(names(AutomatedState.DROPPED)) == 5
    _resumes(ada)
    assert [*ada.watch.errors, *lena.watch.errors] == []
    assert [*ada.violations(), *lena.violations()] == []


def _proposes(ada: Visitor) -> None:
    ada.go(PAGE)
    ada.page.get_by_label("Action on each account").select_option("limit")
    ada.page.get_by_label("At most accounts an hour").fill("3")
    ada.page.get_by_label("Reason", exact=True).fill("waves come at night")
    ada.page.get_by_role("button", name="Propose", exact=True).click()
    expect(
        ada.page.get_by_text("Nothing acts before somebody else allows it.").first
    ).to_be_visible()
    expect(ada.page.get_by_text("You proposed it, so a lead or another admin")).to_be_visible()
    expect(ada.page.get_by_role("button", name="Allow")).to_have_count(0)


def _resumes(ada: Visitor) -> None:
    """Who allowed it finds the notice, and puts the detector live again."""
    ada.go("/inbox/")
    expect(ada.page.get_by_text("tripped its circuit breaker").first).to_be_visible()
    ada.page.get_by_role("link", name=SLUG).first.click()
    ada.page.get_by_label("Why it may go on").fill("the wave is over")
    ada.page.get_by_role("button", name="Live again now").click()
    expect(ada.page.get_by_text("Live again from the next tick.")).to_be_visible()
    assert automated.config().mode == "live"


@pytest.mark.ui
@pytest.mark.row(95)
@pytest.mark.journey(19)
def test_what_a_version_did_is_shown_confirmed_and_taken_back(
    enter: Enter, desk: world.Desk
) -> None:
    _allowed(desk, cap=100)
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    _many(40)
    Delivery.objects.update(state=DeliveryState.SENT, attempts=1)
    number = automated.config().number
    lena = enter("lena")
    lena.go(PAGE)
    page = lena.page
    page.get_by_role("button", name="Show what it would take back").click()
    expect(page.get_by_role("heading", name=f"40 actions of version {number}")).to_be_visible()
    expect(page.get_by_role("heading", name="10 of them at random")).to_be_visible()
    _shoot(lena, "undo-preview")
    page.get_by_label("Reason").fill("the threshold was wrong")
    page.get_by_role("button", name="Undo 40").click()
    expect(page.get_by_role("heading", name="Running")).to_be_visible()
    undo = AutomatedAction.objects.exclude(undo=None).earliest("pk").undo_id
    assert undo is not None
    run_undo(undo_id=undo)
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(page.get_by_text("40 of 40").last).to_be_visible()
    assert Delivery.objects.filter(kind=DeliveryKind.REVERSAL).count() == 40
    since = (clock.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    lena.go(f"{PAGE}undo/?number={number}&since={since}")
    expect(page.get_by_text("Nothing that this version set off by itself")).to_be_visible()
    assert page.get_by_role("button", name="Undo").count() == 0
    assert lena.watch.errors == []


@pytest.mark.ui
@pytest.mark.row(69)
def test_an_admin_protects_an_account_and_its_page_says_so(enter: Enter, desk: world.Desk) -> None:
    entity = Entity.objects.create(
        digest=b"1" * 16, type="account", value="x:minister",
        first_seen_at=clock.now(), last_seen_at=clock.now(),
    )  # fmt: skip
    ada = enter("ada")
    ada.go("/settings/protected/")
    page = ada.page
    page.get_by_label("Who or what").fill(f"x:minister\n{EVIL}")
    page.get_by_label("Why").select_option("vip")
    page.get_by_label("Reason", exact=True).fill("in office")
    page.get_by_role("button", name="Protect", exact=True).click()
    expect(page.get_by_text("Protected: 2 new.")).to_be_visible()
    assert page.locator("main [onclick]").count() == 0
    _allowed(desk)
    found(["x:minister", "x:other"], anchor="d-1")
    take_all()
    assert names(AutomatedState.ACTED) == ["x:other"]
    ada.go(f"/entities/account/{entity.pk}/")
    expect(page.get_by_role("link", name="protected: public person")).to_be_visible()
    expect(page.get_by_role("heading", name="Automated actions")).to_be_visible()
    ada.go("/settings/protected/")
    row = page.locator("tr", has_text="x:minister")
    row.get_by_placeholder("why").fill("left office")
    row.get_by_role("button", name="Take off").click()
    expect(page.get_by_text("Not protected any more.")).to_be_visible()
    assert ada.watch.dialogs == []
    assert ada.watch.errors == []


@pytest.mark.ui
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pages_of_automation_are_accessible_and_fit(
    enter: Enter, desk: world.Desk, theme: str
) -> None:
    User.objects.update(theme=theme)
    _allowed(desk)
    _many(2, "quiet", first=50)
    number = automated.config().number
    protect_entities(
        actor=desk.admin, type="account", values=["x:wave0", EVIL], why="staff", reason="ours"
    )
    found([EVIL, *[f"x:wave{place}" for place in range(8)]], anchor="loud")
    take_all()
    propose_automation(
        actor=desk.admin, slug=SLUG, permit=permit(cap=9, most_reversed=0.2), reason="more"
    )
    since = (clock.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    ada = enter("ada")
    for name, path in {
        "list": "/automation/",
        "one": PAGE,
        "undo": f"{PAGE}undo/?number={number}&since={since}",
        "protected": "/settings/protected/",
        "detector": f"/detectors/{SLUG}/",
    }.items():
        ada.go(path)
        for width in (1440, 390):
            ada.page.set_viewport_size({"width": width, "height": 900})
            wide = ada.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, f"{path} is {wide} px too wide at {width}"
            _shoot(ada, f"automation-{name}-{theme}-{width}")
        ada.page.set_viewport_size({"width": 1440, "height": 900})
        bad = Axe().run(ada.page).response["violations"]
        found_bad = [(one["id"], one["nodes"][0]["html"]) for one in bad]
        assert [one for one in found_bad if one[0] != "region"] == [], path
    assert ada.watch.off_origin == []
    assert ada.watch.dialogs == []
    assert ada.watch.errors == []
