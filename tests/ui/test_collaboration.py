"""Mentions, inbox, saved views, search and messages at a browser, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from abusedesk.core.saved import save_view
from cases.models import Note, Notice
from cases.services.message import save_template
from cases.services.note import add_note
from cases.services.webhook import save_webhook
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
Enter = Callable[..., Visitor]


@pytest.mark.row(53)
@pytest.mark.journey(16)
def test_a_name_is_completed_by_keys_and_the_inbox_of_the_other_fills_by_itself(
    enter: Enter, desk: world.Desk
) -> None:
    lena = enter("lena")
    lena.go("/queues/")
    count = lena.page.locator(".nav [data-live='inbox.unread']")
    expect(count).to_have_text("0")
    rita = enter(mouse=False)
    rita.go("/cases/AD-1/")
    rita.press("c")
    rita.page.keyboard.type("look at this @le")
    expect(rita.page.get_by_role("option", name="lena")).to_be_visible()
    rita.press("Enter")
    expect(rita.page.locator("#note-body")).to_have_value("look at this @lena ")
    rita.press("Control+Enter")
    expect(rita.page.locator("#notes article")).to_have_count(1)
    expect(count).to_have_text("1")  # the page asks every few seconds
    lena.press("g", "i")
    lena.page.wait_for_url(re.compile("/inbox/"))
    lena.ready()
    lena.press("j", "o")
    lena.page.wait_for_url(re.compile(rf"/cases/AD-1/#note-{Note.objects.get().pk}$"))
    expect(lena.page.locator(f"#note-{Note.objects.get().pk}")).to_be_visible()
    assert Notice.objects.get().read_at is not None
    assert (rita.violations(), lena.violations()) == ([], [])
    assert (rita.watch.errors, rita.watch.off_origin) == ([], [])


@pytest.mark.row(53)
def test_escape_leaves_the_words_as_they_are(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    rita.go("/cases/AD-1/")
    field = rita.page.locator("#note-body")
    field.click()
    rita.page.keyboard.type("mail a@lena or @a")
    expect(rita.page.get_by_role("option", name="ada")).to_be_visible()
    rita.press("Escape")
    expect(rita.page.locator("#mention-names")).to_be_hidden()
    expect(field).to_have_value("mail a@lena or @a")
    expect(field).to_be_focused()


@pytest.mark.row(53)
def test_a_mention_works_without_scripts(enter: Enter, desk: world.Desk) -> None:
    page = (rita := enter(script=False)).page
    page.goto(f"{rita.base}/cases/AD-1/")
    page.get_by_role("link", name="Who can be named").click()
    expect(page.get_by_text("@lena")).to_be_visible()
    page.go_back()
    page.locator("#note-body").fill("@lena look, and @petra")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("Not told: petra, who may not see this case.")).to_be_visible()
    assert [one.user.username for one in Notice.objects.all()] == ["lena"]


@pytest.mark.row(52)
@pytest.mark.journey(7)
def test_a_filter_is_saved_from_the_queue_and_stands_in_the_rail(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter()
    rita.go("/queues/operations/?state=open&q=is%3Aopen")
    rita.page.locator("#id_name").fill("all open")
    rita.page.get_by_label("for the team").check()
    rita.page.get_by_role("button", name="Save view").click()
    lena = enter("lena")
    lena.go("/cases/")
    link = lena.page.locator(".nav a", has_text="all open")
    expect(link).to_have_text(re.compile(r"all open\s*8"))
    link.click()
    lena.page.wait_for_url(re.compile(r"/queues/operations/\?state=open&q=is%3Aopen"))
    expect(lena.page.locator("#rows tr[data-item]")).to_have_count(8)


@pytest.mark.row(58)
def test_send_opens_only_once_every_gap_is_filled(enter: Enter, desk: world.Desk) -> None:
    words: dict[str, Any] = {
        "title": "Thanks",
        "subject": "On {case}",
        "body": "Dear {name}, thank you.",
    }
    save_template(actor=desk.lead, slug="thanks", audience="reporter", **words)
    save_webhook(actor=desk.admin, url="https://r.example/", events=["message"])
    page = (rita := enter()).page
    rita.go("/cases/AD-1/")
    page.get_by_role("link", name="Write to reporters or subjects").click()
    page.get_by_role("button", name="Take it").click()
    page.locator("#to").fill("x:ada")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Nothing fills this gap yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.locator("#gap-name").fill("Ada")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Dear Ada, thank you.")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Take back")).to_be_visible()
    assert rita.violations() == []


@pytest.mark.parametrize(
    "path",
    [
        "/inbox/?show=all",
        "/views/",
        "/search/?q=note",
        "/cases/AD-1/messages/?template=thanks",
        "/settings/messages/",
        "/cases/AD-1/people/",
        "/cases/AD-1/",
    ],
)
def test_the_pages_are_accessible_and_keep_the_policy(
    enter: Enter, desk: world.Desk, path: str
) -> None:
    save_template(
        actor=desk.lead,
        slug="thanks",
        title="Thanks",
        audience="reporter",
        subject="On {case}",
        body="Dear {name}",
    )
    save_view(actor=desk.lead, page="cases", name="all", query="", shared=True)
    add_note(actor=desk.reviewer, case=desk.cases[0], body="a note for @lena")
    lena = enter("lena")
    lena.go(path)
    found = Axe().run(lena.page)
    assert found.violations_count == 0, found.generate_report()
    assert (lena.violations(), lena.watch.errors, lena.watch.off_origin) == ([], [], [])
