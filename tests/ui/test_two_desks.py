"""Two desks with two databases, by their pages: shared, tried, answered, recalled.

`make screenshots` keeps the pictures of the documentation that are made on the way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from cases.models import Partner, Pattern, Share
from cases.services.inbox import set_inbox
from cases.services.partner import issue_partner_token
from cases.services.pattern import PatternText, draft_pattern
from cases.services.pattern_steps import (
    approve_pattern,
    ask_pattern,
    backtest_pattern,
    renew_preview,
)
from cases.sharing import signing
from tests.sharing import desk as sharing
from tests.sharing import packs
from tests.sharing.desk import Sharing
from tests.sharing.other_desk import OtherDesk, other
from tests.ui import world
from tests.ui.conftest import Visitor, session_at

__all__ = ["other"]

pytestmark = pytest.mark.ui
Enter = Callable[..., Visitor]
SHOTS = os.environ.get("SCREENSHOTS", "")
WINDOW: Final[ViewportSize] = {"width": 1440, "height": 700}
BAY: Final = "cert-north"


@pytest.fixture
def on(desk: world.Desk) -> Sharing:
    """Harbour desk, with Bay desk as the first partner of its circle."""
    made = sharing.desk(people=(desk.reviewer, desk.lead, desk.admin))
    Partner.objects.filter(slug=BAY).update(title="Bay desk")
    set_inbox(
        actor=made.admin, circle=made.circle, mode="inbox", takes="hold", trust=0.8,
        lookups=True, contact="Ines",
    )  # fmt: skip
    return made


@pytest.fixture
def enter_bay(browser: Browser, other: OtherDesk) -> Iterator[Enter]:
    """Signs somebody in at the other desk."""
    url, contexts = other.open_pages(), list[BrowserContext]()

    def sign_in(name: str) -> Visitor:
        context = browser.new_context(viewport=WINDOW)
        contexts.append(context)
        return session_at(context, url, other("session", name=name))

    yield sign_in
    for context in contexts:
        context.close()


def _shoot(visitor: Visitor, name: str, middle: str = "") -> None:
    """middle: what stands in the middle of the picture."""
    if not SHOTS:
        return
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    visitor.page.set_viewport_size(WINDOW)
    if middle:
        scroll = "one => one.scrollIntoView({block: 'center'})"
        visitor.page.locator(middle).first.evaluate(scroll)
    visitor.page.screenshot(path=str(Path(SHOTS) / f"docs-desks-{name}.png"))


def _do(visitor: Visitor, button: str, then: str) -> None:
    """Press it, and wait for what the page says."""
    visitor.page.get_by_role("button", name=button, exact=True).click()
    visitor.page.wait_for_selector(f"text={then}")
    visitor.ready()


@pytest.mark.row(59)
@pytest.mark.row(89)
@pytest.mark.row(90)
@pytest.mark.row(97)
def test_two_desks_share_try_answer_and_recall_by_their_pages(
    enter: Enter, enter_bay: Enter, other: OtherDesk, on: Sharing, live_server: LiveServer
) -> None:
    lena, ada = enter("lena"), enter("ada")
    share = _approved(on, lena)
    pattern = _offered(on)
    keys = {one["use"]: one for one in other("begin")}
    other("people")
    bea, bob, ben = enter_bay("bea"), enter_bay("bob"), enter_bay("ben")
    _pin(ada, f"/sharing/partners/{BAY}/", keys)
    own = bea.page.request.get(f"{live_server.url}/.well-known/abusedesk-keys.json").json()
    _pin(bea, "/sharing/partners/harbour/", {one["use"]: one for one in own["keys"]})

    _feeds(on, bea, live_server.url)
    assert [other("poll", slug=slug)["fault"] for slug in ("objects", "patterns")] == ["", ""]
    _accept(bea)
    _enable(bob, ben, other)

    other("seen", accounts=7, urls=[f"https://www.{sharing.DOMAIN}/pay"])
    bea.go("/sharing/feeds/objects/")
    _do(bea, "Tell it now what was seen", "1 sighting went to its desk.")
    _opine(bob)
    lena.go(f"/sharing/shares/{share.pk}/")
    expect(lena.page.get_by_role("heading", name="What partners say of it")).to_be_visible()
    expect(lena.page.locator("section:has(#heard)").get_by_text("Agrees")).to_be_visible()
    _shoot(lena, "heard")

    _recall(lena, share, pattern)
    assert [other("poll", slug=slug)["fault"] for slug in ("objects", "patterns")] == ["", ""]
    assert other("state")["standing"] == []
    assert other("watch") == ["paused", "revoked"]
    bob.go("/sharing/received/1/")
    expect(bob.page.get_by_text("Its rule is off; open cases stay.")).to_be_visible()
    _shoot(bob, "dark")
    lena.go(f"/sharing/shares/{share.pk}/")
    expect(lena.page.get_by_text("acknowledged", exact=True)).to_be_visible()
    _shoot(lena, "recalled")
    for one in (lena, ada, bea, bob, ben):
        assert (one.watch.errors, one.watch.off_origin, one.violations()) == ([], [], [])


def _approved(on: Sharing, lena: Visitor) -> Share:
    """A share that a second person looked at and let out."""
    share = sharing.asked(on, partners=[BAY])
    lena.go(f"/sharing/shares/{share.pk}/for/{BAY}/")
    expect(lena.page.get_by_text("personal-hmac")).to_have_count(1)
    _shoot(lena, "preview", "tr:has-text('personal-hmac')")
    lena.go(f"/sharing/shares/{share.pk}/")
    _do(lena, "Approve these bytes", "Approved by")
    return share


def _offered(on: Sharing) -> Pattern:
    """A rule with its tests and its backtest, let out by a second person."""
    slug = packs.rule(on.lead)
    packs.store(25)
    said = PatternText(
        title="One address, many new accounts",
        purpose="stop sign-up waves",
        valid_until=packs.in_90_days(),
        summary="Sign-ups that come in waves.",
        partners=[BAY],
        tests=packs.vectors(),
    )
    row = draft_pattern(actor=on.lead, slug=slug, name="waves", circle=on.circle, said=said)
    row = backtest_pattern(actor=on.lead, pattern=row)
    packs.work_off(row.backtest_id)
    row = ask_pattern(actor=on.lead, pattern=renew_preview(actor=on.lead, pattern=row))
    return approve_pattern(actor=on.admin, pattern=row, digest=row.digest)


def _pin(visitor: Visitor, path: str, keys: dict[str, dict[str, str]]) -> None:
    """Both keys of the other desk, after their fingerprints were told on another way."""
    for use, one in keys.items():
        visitor.go(path)
        visitor.page.get_by_text("Pin a key").click()
        visitor.page.get_by_label("What it is for").select_option(use)
        visitor.page.get_by_label("Key, or the file").fill(one["public"])
        digits = signing.fingerprint(bytes.fromhex(one["hex"]))
        visitor.page.get_by_label("Fingerprint").fill(digits)
        _do(visitor, "Compare and pin", one["keyid"])


def _feeds(on: Sharing, bea: Visitor, url: str) -> None:
    """The objects and the patterns of Harbour desk's circle."""
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    for slug, collection in (
        ("objects", on.circle.collection),
        ("patterns", on.circle.pattern_collection),
    ):
        bea.go("/sharing/feeds/")
        form = bea.page.locator("section:has(#new)")
        form.get_by_label("Short name").fill(slug)
        form.get_by_label("Name", exact=True).fill(f"Harbour desk, {slug}")
        address = f"{url}/taxii2/ring/collections/{collection}/"
        form.get_by_label("Address of the collection").fill(address)
        form.get_by_label("Token or password").fill(plain)
        form.get_by_label("Partner", exact=True).select_option("harbour")
        form.get_by_label("Address of the desk").fill(url)
        form.get_by_label("Circle there").fill("ring")
        form.get_by_role("button", name="Save and read").click()
        bea.page.wait_for_url(re.compile(rf"/sharing/feeds/{slug}/$"))
        bea.ready()


def _accept(bea: Visitor) -> None:
    """What came waits for a person."""
    bea.go("/sharing/feeds/objects/")
    expect(bea.page.get_by_text("1 import", exact=True)).to_be_visible()
    expect(bea.page.get_by_text("ring-1")).to_be_visible()
    _shoot(bea, "feed")
    _do(bea, "Accept all that wait", "One import is accepted.")


def _enable(bob: Visitor, ben: Visitor, other: OtherDesk) -> None:
    """The pattern goes its way: tests, own backtest, shadow, two people."""
    other("store", days=9)
    bob.go("/sharing/received/1/")
    _do(bob, "Accept, inactive", "Accepted. It is inactive")
    bob.page.get_by_label("Days").fill("9")
    _do(bob, "Backtest", "The backtest runs")
    other("work_off")
    bob.go("/sharing/received/1/")
    _do(bob, "Put into shadow", "It watches from the next tick")
    bob.page.get_by_label("Reason", exact=True).first.fill("it found the waves")
    _do(bob, "Enable", "waits for a second person")
    _shoot(bob, "pattern")
    ben.go("/sharing/received/1/")
    ben.page.get_by_role("link", name=re.compile(r"^Draft \d+ waits")).click()
    ben.page.get_by_role("button", name="Approve and put into force").click()
    ben.page.wait_for_selector("text=is in force from the next tick")
    assert other("watch") == ["enabled", ""]


def _opine(bob: Visitor) -> None:
    """A lead of the other desk says what it thinks of the campaign."""
    bob.go("/sharing/imported/?source=objects&type=campaign")
    bob.page.get_by_role("link", name="Refund scam, autumn").click()
    bob.page.wait_for_url(re.compile(r"/sharing/imported/\d+/$"))
    bob.ready()
    bob.page.get_by_label("What we think of it").select_option("agree")
    _do(bob, "Tell its desk", "its desk was told: agree")


def _recall(lena: Visitor, share: Share, pattern: Pattern) -> None:
    """Both are taken back."""
    lena.page.get_by_text("Recall", exact=True).click()
    lena.page.get_by_label("Reason of the recall").fill("one account is a victim")
    _do(lena, "Recall it from everybody", "Not reached yet")
    lena.go(f"/sharing/patterns/{pattern.pk}/")
    lena.page.get_by_text("Revoke", exact=True).click()
    lena.page.get_by_label("Reason, which partners read").fill("it hits a campus")
    _do(lena, "Revoke it everywhere", "The files below tell partners so.")
