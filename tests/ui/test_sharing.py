"""Sharing in a browser: from the case to what each partner gets, handed over and recalled."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from cases.models import Handover, Rendition, Share
from tests.sharing import desk as sharing
from tests.ui import world
from tests.ui.conftest import Visitor

Enter = Callable[..., Visitor]
SHOTS = os.environ.get("SCREENSHOTS", "")
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1440, "height": 900}


def _shoot(visitor: Visitor, name: str) -> None:
    if not SHOTS:
        return
    for size, width in (("wide", WIDE), ("phone", PHONE)):
        visitor.page.set_viewport_size(width)
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}-{size}.png"), full_page=True)
    visitor.page.set_viewport_size(WIDE)


def _accessible(visitor: Visitor) -> None:
    found = Axe().run(visitor.page)
    assert found.violations_count == 0, found.generate_report()
    assert visitor.violations() == []


def _write(rita: Visitor, ref: str) -> None:
    """A first draft that names a mail address, and one that does not, which is asked for."""
    rita.go(f"/cases/{ref}/")
    rita.press("s")
    rita.page.wait_for_url(re.compile(r"/share/$"))
    rita.ready()
    expect(rita.page.get_by_text(sharing.SECRET)).to_be_visible()
    rita.page.get_by_role("link", name="Ring", exact=True).click()
    rita.page.wait_for_url(re.compile(r"circle=ring"))
    rita.ready()
    rita.page.get_by_label("Title", exact=True).fill("Refund scam, autumn")
    rita.page.get_by_label("Summary").fill(f"They write from {sharing.MAIL}")
    rita.page.get_by_label("Purpose").fill("stop scams")
    _shoot(rita, "share-new")
    rita.page.get_by_role("button", name="Make the preview").click()
    rita.page.wait_for_url(re.compile(r"/sharing/shares/\d+/$"))
    rita.ready()
    expect(rita.page.get_by_role("heading", name="It cannot leave")).to_be_visible()
    expect(rita.page.get_by_role("button", name="Ask for approval")).to_have_count(0)
    _shoot(rita, "share-conflict")
    _accessible(rita)
    rita.page.get_by_label("Summary").fill("A crew sells refunds that do not exist.")
    rita.page.get_by_role("button", name="Make the preview").click()
    rita.page.wait_for_selector("text=Ask for approval")
    rita.ready()
    rita.page.get_by_role("button", name="Ask for approval").click()
    rita.page.wait_for_selector("text=It waits for a lead")


def _approve(lena: Visitor, share: Share) -> str:
    """Look at what one partner gets, and approve it. Returns the bytes as they were shown."""
    lena.go(f"/sharing/shares/{share.pk}/for/cert-north/")
    expect(lena.page.get_by_text("personal-hmac")).to_have_count(1)
    shown = lena.page.locator("#bundle").inner_text()
    _shoot(lena, "share-preview")
    _accessible(lena)
    lena.go(f"/sharing/shares/{share.pk}/")
    lena.page.get_by_role("button", name="Approve these bytes").click()
    lena.page.wait_for_selector("text=Approved by")
    lena.ready()
    return shown


def _recall(lena: Visitor, share: Share) -> None:
    lena.go(f"/sharing/shares/{share.pk}/")
    _shoot(lena, "share-out")
    lena.page.get_by_text("Recall", exact=True).click()
    lena.page.get_by_label("Reason of the recall").fill("one account is a victim")
    lena.page.get_by_role("button", name="Recall it from everybody").click()
    lena.page.wait_for_selector("text=Not reached yet")
    lena.ready()
    _shoot(lena, "share-recalled")
    _accessible(lena)


def _look_up(lena: Visitor) -> None:
    """The mail in the ledger; then the circle."""
    lena.go("/sharing/ledger/")
    lena.page.get_by_label("Value", exact=True).fill(sharing.MAIL)
    lena.page.get_by_role("button", name="Search the ledger").click()
    lena.page.wait_for_selector("text=1 line about it")
    lena.ready()
    _shoot(lena, "ledger")
    _accessible(lena)
    lena.go("/sharing/circles/ring/")
    _shoot(lena, "circle")
    _accessible(lena)


@pytest.mark.ui
@pytest.mark.row(62)
@pytest.mark.row(64)
@pytest.mark.row(97)
@pytest.mark.journey(21)
def test_a_case_goes_from_its_page_to_a_partner_and_is_recalled(
    enter: Enter, desk: world.Desk, tmp_path: Path
) -> None:
    on = sharing.desk(people=(desk.reviewer, desk.lead, desk.admin))
    _write(enter(), on.case.ref)
    share, lena = Share.objects.get(), enter("lena")
    shown = _approve(lena, share)
    with lena.page.expect_download() as taken:
        row = lena.page.locator("#partner-cert-north")
        row.get_by_role("button", name=re.compile("^Bundle file")).click()
    file = tmp_path / "bundle.json"
    taken.value.save_as(file)
    body = file.read_bytes()
    assert body == Rendition.objects.get().bundle.encode()
    assert shown.strip() == body.decode().strip()
    assert sharing.MAIL.encode() not in body
    assert b"Quillfeather" not in body
    assert json.loads(body)["type"] == "bundle"
    assert Handover.objects.count() == 1
    _recall(lena, share)
    _look_up(lena)


@pytest.mark.ui
@pytest.mark.row(64)
def test_an_admin_makes_a_partner_and_a_circle(enter: Enter, desk: world.Desk) -> None:
    ada = enter("ada")
    ada.go("/sharing/partners/")
    ada.page.get_by_label("Name", exact=True).first.fill("Harbour desk")
    ada.page.get_by_role("button", name="Save the name").click()
    ada.page.wait_for_selector("text=Key that it signs with")
    ada.ready()
    form = ada.page.locator("section:has(#new)")
    form.get_by_label("Short name").fill("bank")
    form.get_by_label("Name", exact=True).fill("Bank")
    form.get_by_label("domain", exact=True).check()
    form.get_by_label("Purpose").fill("stop scams")
    form.get_by_label("Legal basis").fill("interest")
    _shoot(ada, "partners")
    _accessible(ada)
    form.get_by_role("button", name="Save").click()
    ada.page.wait_for_url(re.compile(r"/sharing/partners/bank/$"))
    ada.ready()
    ada.page.get_by_role("button", name="New token").click()
    ada.page.wait_for_selector("text=shown this once")
    _shoot(ada, "partner")
    ada.go("/sharing/circles/")
    ada.page.get_by_label("Short name").fill("ring")
    ada.page.get_by_label("Name", exact=True).fill("Ring")
    ada.page.get_by_label("Bank").check()
    ada.page.get_by_role("button", name="Save").click()
    ada.page.wait_for_url(re.compile(r"/sharing/circles/ring/$"))
    ada.ready()
    expect(ada.page.get_by_text("TLP:CLEAR, TLP:AMBER")).to_be_visible()
    _accessible(ada)
