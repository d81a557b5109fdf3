"""Two people tune a detector in the browser: draft, approval, comparison, way back."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from abusedesk.core.models import User
from cases.choices import NoticeKind
from cases.notices import give_of_detector
from detectors.models import Backtest, DetectorAlarm, DetectorConfig, Finding, Source
from detectors.services.backtest import run_backtest
from detectors.services.config import ensure_configs, save_config
from detectors.services.draft import propose_config
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui

SLUG = "near-duplicate-text"
SHOTS = os.environ.get("SCREENSHOTS", "")
KNOWN: Final = frozenset({"region", "landmark-unique"})
"""Of the shell that all pages share, and not serious."""


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


@pytest.mark.row(21)
@pytest.mark.row(22)
@pytest.mark.journey(18)
def test_one_writes_another_approves_and_one_click_goes_back(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    ada, lena = enter("ada"), enter("lena")
    ada.go(f"/detectors/{SLUG}/")
    ada.page.get_by_label("Min accounts").fill("6")
    ada.page.get_by_label("Reason for the change").fill("three is a family")
    ada.page.get_by_role("button", name="Save draft").click()
    ada.page.wait_for_url(re.compile(rf"/detectors/{SLUG}/drafts/\d+/$"))
    expect(ada.page.get_by_text("somebody else has to approve it: lena")).to_be_visible()
    expect(ada.page.get_by_role("button", name="Approve")).to_have_count(0)

    lena.go(f"/detectors/{SLUG}/")
    lena.page.get_by_role("link", name=re.compile(r"^Draft \d+$")).click()
    expect(lena.page.get_by_role("row", name="Min accounts 3 accounts 6 accounts")).to_be_visible()
    expect(lena.page.get_by_role("button", name="Backtest")).to_be_visible()
    lena.page.get_by_role("button", name="Approve and put into force").click()
    expect(lena.page.get_by_text("Version 2 is in force from the next tick.")).to_be_visible()
    assert (in_force().number, in_force().params["min_accounts"]) == (2, 6)

    ada.go(f"/detectors/{SLUG}/versions/")
    expect(ada.page.get_by_role("row", name="Min accounts 3 accounts 6 accounts")).to_be_visible()
    ada.page.get_by_role("button", name="Roll back to version 1").click()
    expect(ada.page.get_by_text("Version 3 equals version 1")).to_be_visible()
    assert (in_force().number, in_force().restores, in_force().params["min_accounts"]) == (3, 1, 3)
    ada.page.get_by_label("First version").select_option("1")
    ada.page.get_by_role("button", name="Compare").click()
    expect(ada.page.get_by_text("Versions 1 and 3 say the same.")).to_be_visible()
    for one in (ada, lena):
        assert one.violations() == []
        assert (one.watch.errors, one.watch.off_origin) == ([], [])


@pytest.mark.row(19)
@pytest.mark.journey(18)
def test_one_click_stands_a_detector_down_and_the_page_shows_what_it_finds(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    ada = enter("ada")
    ada.go(f"/detectors/{SLUG}/")
    ada.page.get_by_label("Shadow", exact=True).check()
    ada.page.get_by_label("Reason for the change").fill("too loud tonight")
    ada.page.get_by_role("button", name="Save draft").click()
    expect(ada.page.get_by_text("Version 2 is in force from the next tick.")).to_be_visible()
    expect(ada.page.get_by_role("heading", name="In shadow")).to_be_visible()
    assert in_force().mode == "shadow"


@pytest.mark.row(19)
def test_a_draft_watches_beside_the_live_version_and_is_proposed_live_or_ended(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    ada, lena = enter("ada"), enter("lena")
    ada.go(f"/detectors/{SLUG}/")
    ada.page.get_by_label("Shadow, beside version 1").check()
    ada.page.get_by_label("Min accounts").fill("4")
    ada.page.get_by_label("Reason for the change").fill("see what four would find")
    ada.page.get_by_role("button", name="Save draft").click()
    ada.page.wait_for_url(re.compile(rf"/detectors/{SLUG}/drafts/\d+/$"))
    lena.page.goto(ada.page.url)
    expect(lena.page.get_by_text("beside version 1", exact=True)).to_be_visible()
    lena.page.get_by_role("button", name="Approve and put into shadow").click()
    expect(lena.page.get_by_text("Version 2 watches beside version 1")).to_be_visible()
    assert (in_force().number, in_force().mode) == (1, "live")

    ada.go(f"/detectors/{SLUG}/")
    card = ada.page.get_by_role("region", name="Version 2 in shadow, beside 1")
    expect(card.get_by_text("none: shadow opens no case")).to_be_visible()
    card.get_by_label("Reason").fill("it finds what we miss")
    card.get_by_role("button", name="Propose it live").click()
    ada.page.wait_for_url(re.compile(rf"/detectors/{SLUG}/drafts/\d+/$"))
    expect(ada.page.get_by_role("row", name="Min accounts 3 accounts 4 accounts")).to_be_visible()
    ada.go(f"/detectors/{SLUG}/")
    card.get_by_label("Reason").fill("enough seen")
    card.get_by_role("button", name="End shadow").click()
    expect(ada.page.get_by_text("Version 2 watches no longer.")).to_be_visible()
    expect(card).to_have_count(0)
    for one in (ada, lena):
        assert one.violations() == []
        assert (one.watch.errors, one.watch.off_origin) == ([], [])


@pytest.mark.row(20)
@pytest.mark.journey(18)
def test_a_moved_slider_lists_at_once_what_is_lost(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    wide = Finding.objects.filter(detector=SLUG).latest("pk")
    wide.conditions = [{**wide.conditions[0], "value": 12.0}]
    wide.save()
    lena = enter("lena")
    lena.go(f"/detectors/{SLUG}/what-if/?by=accounts")
    slider = lena.page.get_by_role("slider")
    expect(lena.page.get_by_role("heading", name="Findings lost: 0")).to_be_visible()
    slider.focus()
    for _ in range(2):
        slider.press("ArrowRight")
    expect(lena.page.get_by_role("heading", name="Findings lost: 7")).to_be_visible()
    expect(lena.page.get_by_text("in force: 3")).to_be_visible()
    expect(slider).to_be_focused()
    slider.press("Home")
    expect(lena.page.get_by_text("this page cannot say what would be gained")).to_be_visible()
    lena.press("Tab")
    assert (lena.violations(), lena.watch.errors, lena.watch.off_origin) == ([], [], [])


@pytest.mark.row(25)
def test_an_admin_finds_an_alarm_on_the_first_page_and_in_the_inbox(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    DetectorAlarm.objects.create(detector=SLUG, kind="spike", counted=200, expected=2.0)
    give_of_detector(SLUG, NoticeKind.ALARM, [desk.admin])
    ada, rita = enter("ada"), enter("rita")
    ada.go("/")
    alarm = ada.page.get_by_text("200 findings in an hour, 2.0 are usual")
    expect(alarm).to_be_visible()
    rita.go("/")
    expect(rita.page.get_by_text("200 findings in an hour")).to_have_count(0)
    ada.go("/inbox/")
    ada.page.get_by_role("link", name=SLUG).click()
    ada.page.wait_for_url(re.compile(rf"/detectors/{SLUG}/$"))
    expect(ada.page.get_by_text("200 findings in an hour, 2.0 are usual")).to_be_visible()
    ada.go("/inbox/")
    expect(ada.page.get_by_role("link", name=SLUG)).to_have_count(0)


@pytest.mark.row(92)
def test_a_finished_backtest_shows_its_price_and_gives_the_table(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ensure_configs()
    lena = enter("lena")
    lena.go(f"/detectors/{SLUG}/")
    lena.page.get_by_label("Min accounts").fill("6")
    lena.page.get_by_role("button", name="Backtest").click()
    lena.page.wait_for_url(re.compile(r"/runs/\d+/$"))
    run_backtest(run_id=Backtest.objects.get().pk)
    expect(lena.page.get_by_role("heading", name="Workload")).to_be_visible(timeout=15_000)
    expect(lena.page.get_by_text("Hours a week = cases a day")).to_be_visible()
    with lena.page.expect_download() as told:
        lena.page.get_by_role("link", name="CSV").click()
    assert told.value.suggested_filename.endswith("-workload.csv")
    assert told.value.path().read_text().startswith("change,campaign,case")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pages_of_tuning_are_accessible_and_fit(
    enter: Callable[..., Visitor], desk: world.Desk, theme: str
) -> None:
    ensure_configs()
    User.objects.update(theme=theme)
    DetectorAlarm.objects.create(detector=SLUG, kind="silent", counted=30, expected=12.0)
    wide = Finding.objects.filter(detector=SLUG).latest("pk")
    wide.conditions = [{**wide.conditions[0], "value": 12.0}]
    wide.save()
    save_config(actor=None, slug=SLUG, mode="live", params={"min_accounts": 4}, reason="try")
    draft = propose_config(
        actor=desk.admin, slug=SLUG, mode="live", params={"min_accounts": 6}, reason="x" * 300
    )
    DetectorConfig.objects.filter(slug="coaction-synchrony").update(mode="shadow")
    lena = enter("lena")
    for path in (
        f"/detectors/{SLUG}/",
        "/detectors/shared-infrastructure/",
        f"/detectors/{SLUG}/drafts/{draft.pk}/",
        f"/detectors/{SLUG}/versions/",
        f"/detectors/{SLUG}/what-if/?by=accounts&at=5",
        "/detectors/coaction-synchrony/",
        "/detectors/",
    ):
        lena.go(path)
        for width in (1440, 390):
            lena.page.set_viewport_size({"width": width, "height": 900})
            more = lena.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert more <= 0, f"{path} is {more} px too wide at {width}"
        found = Axe().run(lena.page).response["violations"]
        bad = [(one["id"], one["nodes"][0]["html"][:160]) for one in found]
        assert [one for one in bad if one[0] not in KNOWN] == [], path
        if SHOTS:
            name = path.strip("/").replace("/", "-")
            lena.page.screenshot(path=f"{SHOTS}/{name}-{theme}.png", full_page=True)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_another_number_for_one_platform_is_written_approved_and_shown(
    enter: Callable[..., Visitor], desk: world.Desk, theme: str
) -> None:
    ensure_configs()
    User.objects.update(theme=theme)
    Source.objects.update(platforms=["telegram", "x"])
    ada, lena = enter("ada"), enter("lena")
    ada.go(f"/detectors/{SLUG}/")
    group = ada.page.get_by_role("group", name="Other numbers for a platform or a source")
    group.get_by_label("Platform or source, line 1").select_option("on x")
    group.get_by_label("Number, line 1").fill("500")
    ada.page.get_by_label("Reason for the change").fill("x is loud")
    ada.page.get_by_role("button", name="Save draft").click()
    expect(group.get_by_text("must lie between 2 and 100")).to_be_visible()
    expect(group.get_by_label("Number, line 1")).to_have_value("500")
    for width in (390, 1440):
        ada.page.set_viewport_size({"width": width, "height": 900})
        more = ada.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert more <= 0, f"{more} px too wide at {width}"
        if SHOTS:
            group.scroll_into_view_if_needed()
            ada.page.screenshot(path=f"{SHOTS}/overrides-{theme}-{width}.png")
    found = Axe().run(ada.page).response["violations"]
    assert [one["id"] for one in found if one["id"] not in KNOWN] == []
    group.scroll_into_view_if_needed()
    group.get_by_label("Number, line 1").fill("5")
    ada.page.get_by_role("button", name="Save draft").click()
    ada.page.wait_for_url(re.compile(rf"/detectors/{SLUG}/drafts/\d+/$"))
    lena.page.goto(ada.page.url)
    row = "Min accounts on x as everywhere: 3 accounts 5 accounts"
    expect(lena.page.get_by_role("row", name=row)).to_be_visible()
    lena.page.get_by_role("button", name="Approve and put into force").click()
    told = [{"scope": "platform:x", "setting": "min_accounts", "value": 5}]
    assert in_force().params["overrides"] == told
    ada.go(f"/detectors/{SLUG}/")
    expect(group.get_by_label("Platform or source, line 1")).to_have_value("platform:x")
    group.get_by_label("Number, line 1").fill("")
    ada.page.get_by_label("Reason for the change").fill("quiet again")
    ada.page.get_by_role("button", name="Save draft").click()
    ada.page.wait_for_url(re.compile(rf"/detectors/{SLUG}/drafts/\d+/$"))
    row = "Min accounts on x 5 accounts as everywhere: 3 accounts"
    expect(ada.page.get_by_role("row", name=row)).to_be_visible()
    for one in (ada, lena):
        assert one.violations() == []
        assert (one.watch.errors, one.watch.off_origin) == ([], [])
