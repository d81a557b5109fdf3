"""Patterns in a browser: a rule is offered and handed over, a partner's is enabled."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from abusedesk.core.models import User
from cases.models import Pattern, PatternHandover, ReceivedPattern
from cases.services.circle import CircleText, save_circle
from cases.services.organisation import save_organisation
from cases.services.pattern_watch import check_patterns
from cases.sharing import signing
from tests.sharing import desk as sharing
from tests.sharing import packs
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
Enter = Callable[..., Visitor]
SHOTS = os.environ.get("SCREENSHOTS", "")
THEME = os.environ.get("SCREENSHOT_THEME", "dark")
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1440, "height": 900}


def _shoot(visitor: Visitor, name: str) -> None:
    if not SHOTS:
        return
    for size, width in (("wide", WIDE), ("phone", PHONE)):
        visitor.page.set_viewport_size(width)
        path = str(Path(SHOTS) / f"{name}-{THEME}-{size}.png")
        visitor.page.screenshot(path=path, full_page=True)
    visitor.page.set_viewport_size(WIDE)


def _accessible(visitor: Visitor) -> None:
    found = Axe().run(visitor.page)
    assert found.violations_count == 0, found.generate_report()
    assert visitor.violations() == []
    visitor.page.set_viewport_size(PHONE)
    wide = visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    visitor.page.set_viewport_size(WIDE)
    assert not wide, "it scrolls sideways on a phone"


def _add_test(lena: Visitor, kind: str, accounts: int) -> None:
    vector = packs.vector(kind, accounts)
    lena.page.get_by_text("Add a test").click()
    lena.page.get_by_label("Name of the test").fill(vector["name"])
    lena.page.get_by_label("Kind").select_option(kind)
    lena.page.get_by_label("Signals").fill(json.dumps(vector["signals"]))
    groups = "\n".join(" ".join(group) for group in vector.get("expected", []))
    lena.page.get_by_label("Groups that have to be found").fill(groups)
    lena.page.get_by_role("button", name="Add the test").click()
    lena.page.wait_for_selector(f"text={vector['name']}")
    lena.ready()


@pytest.mark.row(63)
@pytest.mark.row(89)
def test_a_rule_is_offered_with_its_tests_and_handed_over(enter: Enter, desk: world.Desk) -> None:
    save_organisation(actor=desk.admin, name="Harbour desk")
    sharing.partner(desk.admin, "south-desk")
    save_circle(
        actor=desk.admin, slug="ring",
        said=CircleText("Ring", "amber", community=True, members=["south-desk"]),
    )  # fmt: skip
    slug = packs.rule(desk.lead)
    packs.store(25)
    User.objects.update(theme=THEME)
    lena, ada = enter("lena"), enter("ada")
    _offer(lena, slug)
    _try(lena)
    row = Pattern.objects.get()
    ada.go(f"/sharing/patterns/{row.pk}/")
    ada.page.get_by_role("button", name="Approve these bytes").click()
    ada.page.wait_for_selector("text=Approved: its files")
    ada.ready()
    with ada.page.expect_download() as waiting:
        ada.page.get_by_role("button", name="Signed file for South-Desk").click()
    body = Path(waiting.value.path()).read_bytes()
    told = json.loads(base64.b64decode(json.loads(body)["payload"]))
    assert told["objects"][-1]["pattern_type"] == "sigma"
    assert PatternHandover.objects.count() == 1
    _shoot(ada, "pattern-shared")


def _offer(lena: Visitor, slug: str) -> None:
    """From the list to a draft that cannot leave."""
    lena.go("/sharing/patterns/")
    _shoot(lena, "patterns-empty")
    lena.page.get_by_role("link", name="Offer a rule").click()
    lena.page.wait_for_url(re.compile(r"/patterns/new/"))
    lena.ready()
    lena.page.get_by_label("Rule or detector").select_option(slug)
    lena.page.get_by_role("button", name="Choose").click()
    lena.page.wait_for_url(re.compile(r"circle=ring"))
    lena.ready()
    lena.page.get_by_label("Title").fill("One address, many new accounts")
    lena.page.get_by_label("Purpose").fill("stop sign-up waves")
    lena.page.get_by_label("South-Desk").check()
    _shoot(lena, "pattern-new")
    _accessible(lena)
    lena.page.get_by_role("button", name="Make the draft").click()
    lena.page.wait_for_url(re.compile(r"/sharing/patterns/\d+/$"))
    lena.ready()
    expect(lena.page.get_by_role("heading", name="It cannot leave")).to_be_visible()


def _try(lena: Visitor) -> None:
    """Tests, a backtest, and a second person is asked."""
    _add_test(lena, "positive", 7)
    _add_test(lena, "negative", 5)
    lena.page.get_by_role("button", name="Start the backtest").click()
    lena.page.wait_for_selector("text=The backtest runs")
    lena.ready()
    packs.work_off(Pattern.objects.get().backtest_id)
    lena.page.get_by_role("button", name="Make the preview again").click()
    lena.page.wait_for_selector("text=Ask for approval")
    lena.ready()
    _shoot(lena, "pattern")
    _accessible(lena)
    lena.page.get_by_role("button", name="Ask for approval").click()
    lena.page.wait_for_selector("text=It waits for a lead")


@pytest.mark.row(90)
@pytest.mark.journey(22)
def test_a_partner_s_pattern_is_pinned_taken_in_tried_and_enabled_by_two(
    enter: Enter, desk: world.Desk, tmp_path: Path
) -> None:
    save_organisation(actor=desk.admin, name="South desk")
    sharing.partner(desk.admin, "harbour")
    packs.store(9)
    User.objects.update(theme=THEME)
    ada, lena = enter("ada"), enter("lena")
    _pin(ada)
    file = tmp_path / "pattern.json"
    file.write_bytes(packs.far_bundle(reads=["account", "identifiers.ip", "kind"]))
    _take_in(lena, file)
    _watch(lena)
    row = ReceivedPattern.objects.get()
    ada.go(f"/sharing/received/{row.pk}/")
    ada.page.get_by_role("link", name=re.compile(r"^Draft \d+ waits")).click()
    ada.page.get_by_role("button", name="Approve and put into force").click()
    ada.page.wait_for_selector("text=is in force from the next tick")
    check_patterns()
    lena.go(f"/sharing/received/{row.pk}/")
    expect(lena.page.get_by_text("Enabled", exact=True)).to_be_visible()
    _shoot(lena, "received-enabled")
    _accessible(lena)
    lena.go("/sharing/patterns/")
    _shoot(lena, "patterns")
    _accessible(lena)


def _pin(ada: Visitor) -> None:
    """A wrong fingerprint pins nothing, the right one does."""
    ada.go("/sharing/partners/harbour/")
    ada.page.get_by_text("Pin a key").click()
    ada.page.get_by_label("Key, or the file").fill(packs.far_public())
    digits = signing.fingerprint(signing.public_of(packs.SECRET))
    ada.page.get_by_label("Fingerprint").fill(digits[:-1] + "x")
    ada.page.get_by_role("button", name="Compare and pin").click()
    ada.page.wait_for_selector("text=This is not the fingerprint")
    ada.ready()
    ada.page.get_by_text("Pin a key").click()
    ada.page.get_by_label("Key, or the file").fill(packs.far_public())
    ada.page.get_by_label("Fingerprint").fill(digits)
    ada.page.get_by_role("button", name="Compare and pin").click()
    ada.page.wait_for_selector("text=Pinned. It counts from now on.")
    ada.ready()
    _shoot(ada, "partner-keys")
    _accessible(ada)


def _take_in(lena: Visitor, file: Path) -> None:
    """Into quarantine, and out of it with another threshold."""
    lena.go("/sharing/patterns/")
    lena.page.get_by_label("Signed file or bundle").set_input_files(file)
    lena.page.get_by_role("button", name="Take it into quarantine").click()
    lena.page.wait_for_url(re.compile(r"/sharing/received/\d+/$"))
    lena.ready()
    enable = lena.page.get_by_role("button", name="Enable", exact=True)
    expect(enable).to_be_disabled()
    _shoot(lena, "received-quarantined")
    _accessible(lena)
    lena.page.get_by_label("Threshold").fill("4")
    lena.page.get_by_role("button", name="Accept, inactive").click()
    lena.page.wait_for_selector("text=Accepted. It is inactive")
    lena.ready()


def _watch(lena: Visitor) -> None:
    """Backtest, shadow, and a second person is asked; Enable is off until its turn."""
    enable = lena.page.get_by_role("button", name="Enable", exact=True)
    expect(enable).to_be_disabled()
    lena.page.get_by_label("Days").fill("9")
    lena.page.get_by_role("button", name="Backtest", exact=True).click()
    lena.page.wait_for_selector("text=The backtest runs")
    lena.ready()
    packs.work_off(ReceivedPattern.objects.get().backtest_id)
    lena.go(lena.page.url.removeprefix(lena.base))
    expect(enable).to_be_disabled()
    lena.page.get_by_role("button", name="Put into shadow").click()
    lena.page.wait_for_selector("text=It watches from the next tick")
    lena.ready()
    lena.page.get_by_label("Reason", exact=True).first.fill("it found the waves")
    enable.click()
    lena.page.wait_for_selector("text=waits for a second person")
    lena.ready()
    _shoot(lena, "received-waiting")
