"""At a browser: sorted lists, columns of one's own, tables, and pages of who runs a desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from abusedesk.core.models import Theme, User
from cases import facts
from cases.columns import BY_ID
from cases.services.columns import save_columns
from tests.cases import build
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui


def fine(visitor: Visitor) -> None:
    found = Axe().run(visitor.page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert (visitor.violations(), visitor.watch.errors, visitor.watch.off_origin) == ([], [], [])


def fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def accounts(page: Page) -> list[int]:
    head = page.locator("table.queue thead th").all_inner_texts()
    at = next(number for number, text in enumerate(head) if text.startswith("Hits"))
    cells = page.locator(f"table.queue tbody td:nth-child({at + 1})").all_inner_texts()
    return [int(re.split(r"\s", cell)[0]) for cell in cells]


@pytest.mark.parametrize("script", [True, False])
def test_a_list_is_sorted_by_its_heads_and_the_address_keeps_the_order(
    enter: Callable[..., Visitor], script: bool
) -> None:
    rita = enter(script=script)
    page = rita.page
    page.goto(f"{rita.base}/queues/operations/")
    head = page.get_by_role("columnheader", name="Hits")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert page.url.endswith("?state=open&sort=-hits")
    found = accounts(page)
    assert found == sorted(found, reverse=True)
    page.get_by_label("Filter cases").fill("hits:>0")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**sort=-hits&q=hits*")
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert accounts(page) == sorted(found)
    page.reload()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("link").click()
    expect(page.locator("th[aria-sort]")).to_have_count(0)
    assert "sort=" not in page.url
    if script:
        page.go_back()
        expect(head).to_have_attribute("aria-sort", "ascending")
        fine(rita)


def test_somebody_chooses_columns_without_a_mouse_and_keeps_them(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    page = rita.page
    rita.go("/queues/operations/")
    page.get_by_role("link", name="Columns").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/columns/**")
    rita.ready()
    page.get_by_label("Platforms", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_label("Labels", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_label("Place of Labels").focus()
    page.keyboard.type("first")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("The place of Labels")
    expect(page.get_by_label("Place of Labels")).to_have_value("first")
    expect(page.get_by_label("Platforms", exact=True)).not_to_be_checked()
    fine(rita)
    page.get_by_label("Place of Labels").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queues/operations/")
    expect(page.locator("table.queue thead th").nth(1)).to_have_text(re.compile("How bad|Labels"))
    expect(page.get_by_role("columnheader", name="Labels")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Platforms")).to_have_count(0)
    desk.reviewer.refresh_from_db()
    assert "labels" in desk.reviewer.own_columns["cases"]
    rita.go("/cases/")
    expect(page.get_by_role("columnheader", name="Labels")).to_be_visible()
    fine(rita)


@pytest.mark.parametrize("theme", [Theme.DARK, Theme.LIGHT])
def test_rows_have_bars_of_their_days_and_every_column_fits_on_a_phone(
    enter: Callable[..., Visitor], desk: world.Desk, theme: Theme
) -> None:
    for case in desk.cases:
        facts.redescribe(case)
        case.save()
    User.objects.update(theme=theme)
    rita = enter()
    page = rita.page
    rita.go("/queues/operations/")
    bars = page.locator("tr[data-item] .spark")
    expect(bars).to_have_count(len(desk.cases))
    expect(bars.first).to_have_attribute("aria-label", re.compile(r"hits a day, 14 days: most \d+"))
    fine(rita)
    save_columns(actor=desk.reviewer, columns=list(BY_ID))
    rita.go("/cases/?sort=-sure")
    fine(rita)
    fits(page, 390)
    fine(rita)


def test_a_lead_saves_a_list_as_a_table(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    lena = enter("lena")
    lena.go("/queues/operations/?state=open&sort=-hits&q=hits:>0")
    with lena.page.expect_download() as waiting:
        lena.page.get_by_role("button", name="CSV").click()
    text = waiting.value.path().read_text(encoding="utf-8")
    assert text.count("AD-") == len(desk.cases)
    assert waiting.value.suggested_filename.startswith("cases-")
    rita = enter("rita")
    rita.go("/queues/operations/")
    expect(rita.page.get_by_role("button", name="CSV")).to_have_count(0)


def test_an_admin_reads_roles_audit_and_health(enter: Callable[..., Visitor]) -> None:
    ada = enter("ada")
    page = ada.page
    for title in ("Roles", "Audit", "Health"):
        ada.go("/settings/tokens/")
        page.get_by_role("navigation", name="Desk").get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
        ada.ready()
        fine(ada)
        fits(page, 390)
        fine(ada)
        page.set_viewport_size({"width": 1440, "height": 900})


def test_the_audit_is_searched_and_taken_as_a_table(enter: Callable[..., Visitor]) -> None:
    rita = enter("rita")
    rita.go("/queues/operations/")
    rita.press("n")
    rita.page.wait_for_url("**/cases/**")
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/audit/")
    page.get_by_label("Who").fill("ritta")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("There is nobody of this name")).to_be_visible()
    expect(page.get_by_label("Who")).to_have_value("ritta")
    page.get_by_label("Who").fill("rita")
    page.get_by_label("What").select_option("case.claimed")
    page.get_by_role("button", name="Search").click()
    row = page.locator("tr[data-item]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("claimed the case")
    row.get_by_text("Details").click()
    expect(row.get_by_text("case.claimed")).to_be_visible()
    fine(ada)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    assert "claimed the case" in waiting.value.path().read_text(encoding="utf-8")


def test_keys_copy_the_link_and_lead_to_policy_checklist_labels_and_shared_notes(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    page = rita.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ref = desk.cases[0].ref
    build.policy("scams", actor=desk.admin)
    rita.go(f"/cases/{ref}/?tab=summary")
    page.keyboard.press(".")
    expect(page.locator("#status")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/cases/{ref}/?tab=summary")
    page.keyboard.press("t")
    expect(page.locator("#task-text")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.locator("#labels")).to_be_focused()
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("a")
    rita.ready()
    page.keyboard.press("p")
    expect(page.locator("#policy")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+C")
    page.wait_for_url("**/share/**")
    rita.ready()
    page.locator("#shared-body").blur()
    page.keyboard.press("Shift+C")
    expect(page.locator("#shared-body")).to_be_focused()
    page.keyboard.type(".dtpl")
    expect(page.locator("#shared-body")).to_have_value(".dtpl")
    fine(rita)
