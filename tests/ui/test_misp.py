"""MISP in a browser: addresses of a partner, an event looked at and handed over, a feed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from playwright.sync_api import expect

from abusedesk.core import clock
from cases.models import Feed, SharedEvent
from cases.services.partner import issue_partner_token
from cases.services.polling import poll_feed
from cases.services.recall import recall_share
from detectors.models import WatchItem
from tests.sharing import desk as sharing
from tests.sharing.test_misp_in import FOLDER, Folder, attribute, event
from tests.ui import world
from tests.ui.conftest import Visitor
from tests.ui.looks import is_accessible, shoot

Enter = Callable[..., Visitor]
EVIL = "<b>Refund crew</b>"


@pytest.mark.ui
@pytest.mark.row(60)
@pytest.mark.row(97)
def test_a_partner_gets_the_event_that_the_preview_showed_and_its_recall_is_unconfirmed(
    enter: Enter, desk: world.Desk, tmp_path: Path
) -> None:
    on = sharing.desk(people=(desk.reviewer, desk.lead, desk.admin))
    share, lena = sharing.shared(on), enter("lena")
    lena.go(f"/sharing/shares/{share.pk}/for/cert-north/")
    shown = lena.page.get_by_label("MISP event", exact=True).inner_text()
    shoot(lena, "misp-preview")
    is_accessible(lena)
    lena.go(f"/sharing/shares/{share.pk}/")
    with lena.page.expect_download() as taken:
        row = lena.page.locator("#partner-cert-north")
        row.get_by_role("button", name=re.compile("^MISP event file")).click()
    taken.value.save_as(tmp_path / "event.json")
    body = (tmp_path / "event.json").read_text()
    assert body == SharedEvent.objects.get().body
    assert body.strip() == shown.strip()
    assert sharing.MAIL not in body

    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[1], name="m", days=9)
    recall_share(actor=on.lead, share=share, reason="one account is a victim")
    path = f"/misp/ring/{SharedEvent.objects.get().uuid}.json"
    Client(headers={"Authorization": f"Bearer {plain}"}).get(path)
    lena.go(f"/sharing/shares/{share.pk}/")
    expect(lena.page.locator("#partner-bank-south").get_by_text("unconfirmed")).to_be_visible()
    expect(lena.page.get_by_text("whether it was deleted there, nobody has said")).to_be_visible()
    shoot(lena, "misp-recalled")
    is_accessible(lena)
    with lena.page.expect_download() as taken:
        row.get_by_role("button", name=re.compile("^Recalled MISP event")).click()
    taken.value.save_as(tmp_path / "recalled.json")
    assert json.loads((tmp_path / "recalled.json").read_text())["Event"]["info"] == "Recalled."


@pytest.mark.ui
def test_the_page_of_a_partner_says_where_its_misp_reads(enter: Enter, desk: world.Desk) -> None:
    sharing.desk(people=(desk.reviewer, desk.lead, desk.admin))
    ada = enter("ada")
    ada.go("/sharing/partners/cert-north/")
    table = ada.page.locator("section:has(#addresses)")
    expect(table.get_by_text(re.compile("/misp/ring$"))).to_be_visible()
    expect(table.get_by_text("/taxii2/ring/")).to_be_visible()
    shoot(ada, "misp-partner")
    is_accessible(ada)
    ada.go("/sharing/circles/ring/")
    form = ada.page.locator("section:has(#change)")
    form.get_by_label("MISP sharing group").fill("not a uuid")
    form.get_by_role("button", name="Save").click()
    ada.page.wait_for_selector("text=32 hexadecimal digits")
    ada.ready()
    assert form.get_by_label("MISP sharing group").input_value() == "not a uuid", "nothing is lost"
    form.get_by_label("MISP sharing group").fill(str(UUID(int=7)))
    form.get_by_role("button", name="Save").click()
    ada.page.wait_for_selector("text=Saved.")
    ada.ready()
    assert form.get_by_label("MISP sharing group").input_value() == str(UUID(int=7))
    shoot(ada, "misp-circle")


@pytest.mark.ui
@pytest.mark.row(60)
def test_an_admin_reads_a_misp_feed_looks_and_accepts(
    enter: Enter, desk: world.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = event(1, attribute(11, "refund-desk.example"), info=EVIL)
    Folder(monkeypatch, one, event(2, Tag=[{"name": "tlp:red"}]))
    ada = enter("ada")
    ada.go("/sharing/feeds/")
    form = ada.page.locator("section:has(#new)")
    form.get_by_label("Short name").fill("bay")
    form.get_by_label("Name", exact=True).fill("Bay MISP")
    form.get_by_label("What it is").select_option(label="MISP feed")
    form.get_by_label("Address of the collection").fill(FOLDER)
    shoot(ada, "misp-feeds")
    form.get_by_role("button", name="Save and read").click()
    ada.page.wait_for_url(re.compile(r"/sharing/feeds/bay/$"))
    Feed.objects.update(due_at=clock.now())
    poll_feed(feed_id=Feed.objects.get().pk)
    ada.go("/sharing/feeds/bay/")
    expect(ada.page.get_by_text("2 in the manifest, 0 still to read, 1 not kept")).to_be_visible()
    expect(ada.page.get_by_text("TLP:RED is for named people")).to_be_visible()
    shoot(ada, "misp-feed")
    is_accessible(ada)
    ada.page.get_by_role("button", name="Accept all that wait").click()
    ada.page.wait_for_selector("text=One import is accepted.")
    ada.ready()
    assert WatchItem.objects.get().value == "refund-desk.example"
    ada.page.get_by_role("link", name="misp-event").click()
    ada.page.wait_for_url(re.compile(r"/sharing/imported/\?"))
    ada.ready()
    ada.page.get_by_role("link", name=EVIL).click()
    ada.page.wait_for_url(re.compile(r"/sharing/imported/\d+/$"))
    ada.ready()
    shoot(ada, "misp-imported")
    is_accessible(ada)
