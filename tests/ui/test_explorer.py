"""The signals explorer in a browser: search, chips, facets, bars, saved views, export."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
Enter = Callable[..., Visitor]


def count(page: Page) -> int:
    return page.locator("tr[data-item]").count()


def asked(page: Page) -> str:
    return page.get_by_label("Search signals", exact=True).input_value()


def test_a_lead_searches_narrows_saves_and_exports(enter: Enter, desk: world.Desk) -> None:
    lena = enter("lena")
    page = lena.page
    lena.go("/signals/")
    page.get_by_label("Search signals", exact=True).fill("platfrom:telegram")
    page.keyboard.press("Enter")
    expect(page.get_by_text("did you mean platform:?")).to_be_visible()
    assert asked(page) == "platfrom:telegram"
    expect(page.get_by_label("Search signals", exact=True)).to_be_focused()

    page.get_by_label("Search signals", exact=True).fill("platform:telegram kind:post")
    page.keyboard.press("Enter")
    expect(page.get_by_title("Remove this condition")).to_have_count(2)
    narrow = count(page)
    assert 0 < narrow < 50
    assert re.search(r"\?q=platform%3Atelegram(\+|%20)kind%3Apost$", page.url)

    page.get_by_title("Remove this condition").first.click()
    expect(page.get_by_title("Remove this condition")).to_have_count(1)
    assert asked(page) == "kind:post"
    expect(page.locator("tr[data-item]")).to_have_count(50)

    page.locator("aside").get_by_role("link", name=re.compile("^telegram")).click()
    expect(page.locator("tr[data-item]")).to_have_count(narrow)
    assert asked(page) == "kind:post platform:telegram"
    page.go_back()
    expect(page.locator("tr[data-item]")).to_have_count(50)
    page.go_forward()
    expect(page.locator("tr[data-item]")).to_have_count(narrow)

    page.get_by_label("Name of the search").fill("Posts on Telegram")
    page.get_by_role("button", name="Save search").click()
    expect(page.get_by_text("Saved as Posts on Telegram.")).to_be_visible()
    lena.go("/signals/")
    narrowing = page.get_by_role("complementary", name="Narrow the search")
    narrowing.get_by_role("link", name="Posts on Telegram").click()
    expect(page.locator("tr[data-item]")).to_have_count(narrow)

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == narrow
    assert {one["platform"] for one in found} == {"telegram"}
    assert (lena.violations(), lena.watch.off_origin, lena.watch.errors) == ([], [], [])


def test_everything_works_without_javascript(enter: Enter, desk: world.Desk) -> None:
    page = enter("lena", script=False).page
    page.goto(page.url + "signals/")
    page.get_by_label("Search signals", exact=True).fill("platform:telegram")
    page.keyboard.press("Enter")
    page.wait_for_url("**/signals/?q=*")
    narrow = count(page)
    page.get_by_title("Remove this condition").click()
    page.locator("aside").get_by_role("link", name=re.compile("^telegram")).click()
    expect(page.locator("tr[data-item]")).to_have_count(narrow)
    with page.expect_download() as download:
        page.get_by_role("button", name="NDJSON").click()
    assert len(Path(download.value.path()).read_text(encoding="utf-8").splitlines()) == narrow


def test_a_bar_narrows_the_time(enter: Enter, desk: world.Desk) -> None:
    rita = enter("rita")
    page = rita.page
    rita.go("/signals/")
    bar = page.locator(".bars svg a").last
    label = bar.get_attribute("aria-label") or ""
    bar.locator("rect").first.click()
    expect(page.locator("#total")).to_have_text(label.split()[0])
    assert re.fullmatch(r"since:\S+ until:\S+", asked(page))


def test_the_next_page_follows(enter: Enter, desk: world.Desk) -> None:
    rita = enter("rita")
    page = rita.page
    rita.go("/signals/")
    total = int(page.locator("#total").inner_text())
    page.get_by_role("link", name="Next 50").click()
    expect(page.locator("tr[data-item]")).to_have_count(total - 50)
    page.get_by_role("link", name="First").click()
    expect(page.locator("tr[data-item]")).to_have_count(50)


@pytest.mark.parametrize("query", ["", "?q=platform:telegram", "?q=zebra", "?q=zebra:x"])
def test_every_face_of_the_page_is_accessible(enter: Enter, desk: world.Desk, query: str) -> None:
    lena = enter("lena")
    lena.page.goto(f"{lena.base}/signals/{query}")
    lena.page.locator("#query-help summary").click()
    found = Axe().run(lena.page)
    assert found.violations_count == 0, found.generate_report()
