"""What people add on the page of a case, at a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from abusedesk.core.models import User
from cases.services.event import owe_events
from cases.services.marking import label_case
from cases.services.task import save_playbook
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
HOSTILE = b"<script>document.title = 'run'</script>"


@pytest.mark.row(54)
@pytest.mark.parametrize("script", [True, False])
def test_a_reviewer_works_off_a_playbook_labels_and_watches_the_case(
    enter: Callable[..., Visitor], desk: world.Desk, script: bool
) -> None:
    save_playbook(actor=desk.lead, title="Fraud", steps=["ask the bank", "tell the victim"])
    rita = enter(script=script)
    page = rita.page
    page.goto(f"{rita.base}/cases/{desk.cases[0].ref}/")
    page.get_by_role("button", name="Add its steps").click()
    checklist = page.get_by_role("region", name="Checklist")
    expect(checklist).to_contain_text("2 of 2 to do")
    checklist.get_by_role("button", name="Done ask the bank").click()
    expect(checklist).to_contain_text("1 of 2 to do")
    expect(page.get_by_role("row", name="ask the bank")).to_contain_text("rita")
    page.get_by_role("textbox", name="Labels").fill("Ring bank:nord")
    page.get_by_label("May travel").select_option("red")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("textbox", name="Labels")).to_have_value("bank:nord ring")
    expect(page.locator(".case-head")).to_contain_text("TLP:RED")
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(page.get_by_text("Watched by rita")).to_be_visible()
    label_case(actor=desk.lead, case=desk.cases[0], labels=["lenas"])
    page.get_by_role("textbox", name="Labels").fill("mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("lena set the labels of the case: lenas")
    page.goto(rita.base)
    expect(page.get_by_role("region", name="Watched by me")).to_contain_text(desk.cases[0].ref)
    assert rita.watch.off_origin == []


@pytest.mark.row(56)
@pytest.mark.row(84)
def test_a_picture_is_shown_and_a_page_is_only_saved(
    enter: Callable[..., Visitor], desk: world.Desk, tmp_path: Path
) -> None:
    rita = enter()
    page = rita.page
    rita.go(f"/cases/{desk.cases[0].ref}/?tab=files")
    _put(page, tmp_path / "shot.png", PNG)
    _put(page, tmp_path / "evil.html", HOSTILE)
    _put(page, tmp_path / "lie.png", HOSTILE + b" ")
    shot = page.get_by_role("article", name="shot.png")
    expect(page.get_by_role("link", name="Show")).to_have_count(1)
    with page.expect_download() as saved:
        page.get_by_role("article", name="evil.html").get_by_role("link", name="Download").click()
    assert Path(saved.value.path()).read_bytes() == HOSTILE
    page.reload()
    page.get_by_role("article", name="evil.html").get_by_text("Custody").click()
    expect(page.get_by_role("article", name="evil.html")).to_contain_text("downloaded the file")
    shot.get_by_role("link", name="Show").click()
    expect(page.locator("img")).to_have_count(1)
    assert rita.watch.off_origin == []
    assert rita.watch.dialogs == []


@pytest.mark.row(39)
def test_related_cases_are_listed_with_what_they_share_and_linked_by_hand(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    rita = enter()
    page, (first, second) = rita.page, desk.cases[:2]
    rita.go(f"/cases/{first.ref}/")
    rita.press("v", "r")
    expect(page.get_by_role("heading", name="Similar cases")).to_be_visible()
    page.get_by_label("Case", exact=True).fill(second.ref)
    page.get_by_label("Why is it related?").fill("same shop")
    page.get_by_role("button", name="Call related").click()
    row = page.get_by_role("row", name=second.ref)
    expect(row).to_contain_text("same shop")
    row.get_by_role("button", name="Take back").click()
    expect(row).to_have_count(0)


@pytest.mark.row(67)
def test_an_admin_sees_what_a_receiver_was_sent_and_sends_it_again(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/webhooks/")
    page.get_by_label("Address").fill("http://10.0.0.1/hook")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("10.0.0.1 is not a public address")
    page.get_by_label("Address").fill("https://receiver.example/hook")
    page.get_by_label("changed").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("shown this once")).to_be_visible()
    label_case(actor=User.objects.get(username="ada"), case=desk.cases[0], labels=["ring"])
    owe_events()
    page.get_by_role("table", name="Receivers").get_by_role("link").first.click()
    row = page.get_by_role("row", name=desk.cases[0].ref)
    expect(row).to_contain_text("Event")
    row.get_by_role("button", name="Send again").click()
    page.wait_for_url(re.compile("/settings/webhooks/"))
    expect(page.get_by_text(re.compile("goes out again now"))).to_be_visible()


def _put(page: Page, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Add file").click()
    expect(page.get_by_role("article", name=path.name)).to_be_visible()
