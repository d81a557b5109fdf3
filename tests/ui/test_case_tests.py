"""A lead saves a confirmed case as a test in the browser; an admin's draft runs against it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from abusedesk.core import clock
from cases.models import Case
from cases.services.case_test import save_case_as_test
from detectors.models import DetectorDraft, Scenario
from detectors.services.config import ensure_configs, save_config
from detectors.services.ingest import ingest_batch
from tests import desk as workers
from tests import make
from tests.cases import build
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui

SLUG = "shared-infrastructure"
SHOTS = os.environ.get("SCREENSHOTS", "")


@pytest.fixture
def case(desk: world.Desk) -> Case:
    """Six accounts on one device that post one text: found by the real detectors, confirmed."""
    for slug in ("reworded-text", "coaction-synchrony", "dense-block"):
        save_config(actor=None, slug=slug, mode="off", params={}, reason="for speed")
    ensure_configs()
    start = clock.now() - timedelta(hours=5)
    words = "The parcel waits for you, pay the small customs fee at once and it is yours today."
    told = [
        make.signal(
            7_000 + number, actor=f"ring{number % 6}", text=words, urls=("https://fee.example/pay",),
            occurred_at=start + timedelta(minutes=number),
            identifiers={"device": "0f1e2d3c4b5a69788796"},
        )
        for number in range(18)
    ]  # fmt: skip
    workers.forget()
    ingest_batch(source=make.source("ring"), signals=told, stream=world.live_stream())
    workers.work()
    found = Case.objects.filter(campaign_links__campaign__members__account="x:ring1").latest("pk")
    build.decided(desk.reviewer, found)
    found.refresh_from_db()
    return found


@pytest.mark.row(94)
@pytest.mark.journey(18)
def test_a_lead_saves_the_case_and_the_draft_that_loses_it_needs_a_reason(
    enter: Callable[..., Visitor], case: Case
) -> None:
    lena, ada = enter("lena"), enter("ada")
    lena.go(f"/cases/{case.ref}/")
    lena.page.get_by_role("link", name="Save as test").click()
    lena.page.get_by_label("Why must it be found again?").fill("the first ring of this kind")
    _shoot(lena, "case-test")
    lena.page.get_by_role("button", name="Save as test").click()
    expect(lena.page.get_by_text(f"{case.ref} is a test from now on.")).to_be_visible()
    expect(lena.page.get_by_role("row", name=re.compile(rf"{SLUG} found 6 6"))).to_be_visible()
    _shoot(lena, "scenario")

    ada.go(f"/detectors/{SLUG}/")
    ada.page.get_by_label("Min hard").fill("20")
    ada.page.get_by_label("Min accounts").fill("20")
    ada.page.get_by_label("Reason for the change").fill("too loud")
    ada.page.get_by_role("button", name="Save draft").click()
    refused = ada.page.get_by_role("alert").filter(has_text=case.ref)
    expect(refused).to_contain_text("names 0 of 6 accounts, 3 are needed")
    assert not DetectorDraft.objects.exists()
    expect(ada.page.get_by_label("Min hard")).to_have_value("20")
    _shoot(ada, "refused")
    ada.page.get_by_label("Why may these cases be lost?").fill("the device is a shop's tablet")
    ada.page.get_by_role("button", name="Save draft").click()
    expect(ada.page.get_by_text("the device is a shop's tablet")).to_be_visible()
    assert DetectorDraft.objects.get().loses == [case.ref]
    _shoot(ada, "draft")

    ada.go(f"/detectors/{SLUG}/")
    expect(ada.page.get_by_role("heading", name="Cases it must find")).to_be_visible()
    _shoot(ada, "detector")
    for one in (ada, lena):
        assert one.violations() == []
        assert (one.watch.errors, one.watch.off_origin) == ([], [])


@pytest.mark.row(94)
def test_a_test_is_downloaded_and_erased_with_a_reason(
    enter: Callable[..., Visitor], case: Case, desk: world.Desk
) -> None:
    scenario = save_case_as_test(actor=desk.lead, case=case, reason="our first")
    lena = enter("lena")
    lena.go("/tests/")
    _shoot(lena, "tests")
    lena.page.get_by_role("link", name=case.ref).click()
    with lena.page.expect_download() as got:
        lena.page.get_by_role("button", name="Download").click()
    assert got.value.suggested_filename == f"{case.ref}.ndjson"
    lena.page.get_by_label("Why", exact=True).fill("saved twice")
    lena.page.get_by_role("button", name="Erase the copies").click()
    expect(lena.page.get_by_text("saved twice")).to_be_visible()
    assert bytes(Scenario.objects.get(pk=scenario.pk).body) == b""
    rita = enter("rita")
    rita.go("/tests/")
    expect(rita.page.get_by_role("heading", name="Erase an account")).to_have_count(0)
    assert (lena.violations(), lena.watch.errors, lena.watch.off_origin) == ([], [], [])


def _shoot(who: Visitor, name: str) -> None:
    if SHOTS:
        for width in (1440, 390):
            who.page.set_viewport_size({"width": width, "height": 900})
            who.page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        who.page.set_viewport_size({"width": 1440, "height": 900})
