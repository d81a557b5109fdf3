"""A case is read beside the list before anybody opens or claims it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from cases.models import Case, CaseVisit
from tests.ui import world
from tests.ui.conftest import Visitor
from tests.ui.looks import is_accessible, shoot

pytestmark = pytest.mark.ui


def test_the_space_bar_shows_a_case_beside_the_list_and_it_follows_the_rows(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    page = rita.page
    rita.go("/queues/operations/")
    drawer = page.get_by_role("complementary", name="Preview")
    expect(drawer).to_be_hidden()
    rita.press("j", "Space")
    rows = page.locator("#rows tr[data-item]")
    refs = [row.get_attribute("id") for row in rows.all()[:2]]
    expect(drawer).to_contain_text(str(refs[0]))
    expect(drawer).to_contain_text("4 accounts act together")
    rita.press("j")
    expect(drawer).to_contain_text(str(refs[1]))
    expect(drawer).not_to_contain_text(str(refs[0]))
    rita.press("Escape")
    expect(drawer).to_be_hidden()
    rita.press("Space", "Space")
    expect(drawer).to_be_hidden()
    assert not CaseVisit.objects.exists()
    assert not Case.objects.exclude(claimed_by=None).exists()
    page.get_by_label(f"Select {refs[1]}").focus()
    rita.press("Space")
    expect(page.get_by_label(f"Select {refs[1]}")).to_be_checked()
    expect(drawer).to_be_hidden()
    page.locator(f"#{refs[1]} a[data-open]").focus()
    rita.press("o")
    page.wait_for_url(f"**/cases/{refs[1]}/")
    assert (rita.violations(), rita.watch.errors, rita.watch.off_origin) == ([], [], [])


@pytest.mark.django_db
def test_a_preview_is_a_part_of_the_case_page_and_no_page() -> None:
    desk = world.desk(cases=1)
    reader, partner = Client(), Client()
    reader.force_login(desk.reviewer)
    partner.force_login(desk.partner)
    part = {"HX-Request": "true"}
    answer = reader.get("/cases/AD-1/?preview=1", headers=part).content.decode()
    assert "AD-1" in answer
    assert "<html" not in answer
    assert "<html" in reader.get("/cases/AD-1/?preview=1").content.decode()
    assert partner.get("/cases/AD-1/?preview=1", headers=part).status_code == 404


def test_a_row_is_escalated_and_claimed_from_its_preview(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter(mouse=False)
    page = rita.page
    rita.go("/queues/operations/")
    drawer = page.get_by_role("complementary", name="Preview")
    rita.press("j", "Space")
    drawer.get_by_role("button", name="Claim and open").wait_for()
    is_accessible(rita)
    shoot(rita, "preview")
    rita.press("e")
    page.keyboard.type("a bank is in it")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Waits for a lead", exact=True).wait_for()
    rita.go("/queues/operations/")
    rita.press("j", "Space")
    drawer.get_by_role("button", name="Claim and open").wait_for()
    rita.press("a")
    page.wait_for_url("**/cases/*/")
    page.get_by_text("Claimed by you").wait_for()
    assert Case.objects.filter(state="escalated").count() == 1
    assert Case.objects.exclude(claimed_by=None).get().claimed_by == desk.reviewer
