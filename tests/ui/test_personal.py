"""At a browser: a time zone of one's own, which notices one wants, words in another language."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import Settings

from cases.choices import Severity
from cases.habits import Digest
from cases.selectors.notice import habit_of
from cases.services.marking import label_case
from tests.addresses import cited_id
from tests.cases import build
from tests.translator import running
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui


def fine(visitor: Visitor) -> None:
    found = Axe().run(visitor.page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert (visitor.violations(), visitor.watch.errors, visitor.watch.off_origin) == ([], [], [])


def beside(page: Page, selector: str) -> str:
    """What stands beside a time while it has the focus."""
    said: str = page.evaluate(
        "selector => getComputedStyle(document.querySelector(selector), '::after').content",
        selector,
    )
    return said


def test_times_are_told_in_ones_own_zone_and_in_full_to_the_keyboard(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    page = rita.page
    rita.go("/me/")
    page.get_by_label("Time zone").focus()
    page.keyboard.type("Asia/Toky")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Did you mean Asia/Tokyo?")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Toky")
    fine(rita)
    page.get_by_label("Time zone").focus()
    page.keyboard.press("End")
    page.keyboard.type("o")
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/")
    rita.ready()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    rita.go("/queues/operations/")
    time = "[data-item].is-current time[title]"
    expect(page.locator("main time[title]").first).to_have_attribute("title", re.compile(" JST$"))
    page.keyboard.press("j")
    assert beside(page, time).endswith('JST"')
    rita.go(f"/signals/{cited_id(desk.cases[0])}/")
    page.locator(".page-head time[title]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert beside(page, "time:focus").endswith('JST"')
    fine(rita)


def test_somebody_chooses_notices_a_digest_and_quiet_hours(
    enter: Callable[..., Visitor], desk: world.Desk, settings: Settings
) -> None:
    settings.MAIL_FROM = "desk@desk.example"
    rita = enter()
    page = rita.page
    rita.go("/inbox/")
    page.get_by_role("link", name="Which notices you want").click()
    rita.ready()
    page.get_by_label("Mail me my notices").check()
    page.get_by_label("Your mail address").fill("rita@desk.example")
    page.get_by_text("Together, once a day").click()
    page.get_by_label("The daily mail comes at").select_option("17")
    page.get_by_label("No mail from").fill("20:00")
    page.get_by_label("By mail: A case comes back from snooze").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Quiet hours need a beginning and an end")).to_be_visible()
    expect(page.get_by_label("No mail from")).to_have_value("20:00")
    expect(page.get_by_label("By mail: A case comes back from snooze")).not_to_be_checked()
    fine(rita)
    page.get_by_label("No mail until").fill("07:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your choice of notices is saved.")).to_be_visible()
    kept = habit_of(desk.reviewer)
    assert (kept.digest, kept.hour, kept.quiet_from, kept.quiet_until, kept.off_mail) == (
        Digest.DAILY, 17, 1200, 420, frozenset({"back"}),
    )  # fmt: skip
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    fine(rita)


def test_a_key_shows_the_words_of_a_row_in_the_language_of_the_desk(
    enter: Callable[..., Visitor], desk: world.Desk, settings: Settings
) -> None:
    with running(settings) as service:
        service.said = "<script>alert(1)</script> in English, see https://evil.example/a"
        rita = enter(mouse=False)
        page = rita.page
        rita.go(f"/cases/{desk.cases[0].ref}/?tab=evidence")
        expect(page.locator(".translated")).to_have_count(0)
        row = page.locator("article.signal:has([data-translate])").first
        row.focus()
        page.keyboard.press("Shift+T")
        expect(row.locator(".translated")).to_contain_text(
            "in English, see hxxps://evil[.]example/a"
        )
        expect(row.locator(".translated")).to_contain_text("by a machine from de to en; not stored")
        assert len(service.asked) == 1
        fine(rita)
        page.keyboard.press("Shift+T")
        expect(row.locator(".translated")).to_have_count(0)
        service.status = 503
        page.keyboard.press("Shift+T")
        expect(row.get_by_role("alert")).to_contain_text("answered with status 503")
        assert rita.watch.dialogs == []


def test_of_covered_words_a_translation_is_shown_as_long_as_the_key_is_held_after_a_peek(
    enter: Callable[..., Visitor], desk: world.Desk, settings: Settings
) -> None:
    build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    case = label_case(actor=desk.lead, case=desk.cases[0], labels=["gore"])
    with running(settings) as service:
        rita = enter(mouse=False)
        page = rita.page
        rita.go(f"/cases/{case.ref}/?tab=evidence")
        row = page.locator("article.signal:has([data-says])").first
        row.focus()
        page.keyboard.down("Shift")
        page.keyboard.down("T")
        expect(row.get_by_role("alert")).to_contain_text("Peek at it first")
        page.keyboard.up("T")
        page.keyboard.up("Shift")
        expect(row.get_by_role("alert")).to_have_count(0)
        assert service.asked == []
        page.keyboard.down("b")
        expect(row.locator("[data-peeked] .evil")).to_be_visible()
        page.keyboard.up("b")
        expect(row.locator("[data-peeked] .evil")).to_have_count(0)
        page.keyboard.down("Shift")
        page.keyboard.down("T")
        expect(row.locator(".translated")).to_contain_text("in other words:")
        page.keyboard.up("T")
        page.keyboard.up("Shift")
        expect(row.locator(".translated")).to_have_count(0)
        assert len(service.asked) == 1
