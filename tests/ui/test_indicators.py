"""An admin pastes a report, looks at it, accepts it, sees how its scores fall, and undoes it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.choices import Opinion
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch, WatchItem
from detectors.services.indicator_batch import accept_batch, read_batch
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
SHOTS = os.environ.get("SCREENSHOTS", "")
REPORT = """# Infrastructure of a crew

| Indicator | Tactic | Comments |
|---|---|---|
| evil[.]example | 0. Acqiuring Assets | registered in May |
| hxxps://t[.]me/evil_crew | 7. Targeted engagement | their channel |
| 14 Pages | | |
| Registered with names[.]example | 0 Acquiring assets | |
| \u202e<script>alert(1)</script> | | |
"""


def test_a_report_is_pasted_looked_at_accepted_and_undone(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/imports/")
    page.get_by_label("Pasted report").fill(REPORT)
    page.get_by_label("Source", exact=True).fill("cert")
    page.get_by_label("Confidence").fill("10")
    page.get_by_role("button", name="Read and preview").click()
    expect(page.get_by_text("nothing matches")).to_be_visible()
    expect(page.get_by_label("Pasted report")).to_have_value(re.compile("evil"))
    page.get_by_label("Confidence").fill("95")
    page.get_by_role("button", name="Read and preview").click()
    page.wait_for_url(re.compile(r"/settings/imports/\d+/$"))
    expect(page.get_by_text("2 rows are new")).to_be_visible()
    expect(page.locator("#row-1-line")).to_contain_text("acquiring assets")
    expect(page.locator("#row-2-line")).to_contain_text("telegram:evil_crew")
    page.get_by_label("Take row 4").check()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("4 values are on the watch list.")).to_be_visible()
    item = WatchItem.objects.get(type="domain", value="evil.example")
    ada.go(f"/settings/watch/{item.pk}/")
    expect(page.get_by_role("heading", name="How the scores fall")).to_be_visible()
    expect(page.locator(".decay polyline")).to_have_count(1)
    ada.go(f"/settings/imports/{item.batch_id}/")
    page.get_by_placeholder("Reason").fill("wrong report")
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("Reason: wrong report")).to_be_visible()
    assert not WatchItem.objects.filter(ended_at=None).exists()
    assert ada.watch.errors == []
    assert ada.watch.dialogs == []
    assert ada.violations() == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pages_of_indicators_are_accessible_and_fit(
    enter: Callable[..., Visitor], desk: world.Desk, theme: str
) -> None:
    User.objects.update(theme=theme)
    one = _read(desk, "cert", REPORT)
    _read(desk, "forum", REPORT)
    accept_batch(actor=desk.admin, batch=one)
    objection = _read(desk, "owner", "evil[.]example\n", opinion=Opinion.NEGATIVE)
    accept_batch(actor=desk.admin, batch=objection)
    long = clock.now() - timedelta(days=12)
    WatchItem.objects.filter(batch=one).update(renewed_at=long)
    item = WatchItem.objects.get(batch=one, type="domain")
    preview = IndicatorBatch.objects.get(source="forum")
    ada = enter("ada")
    paths = {
        "imports": "/settings/imports/",
        "import-preview": f"/settings/imports/{preview.pk}/",
        "import-accepted": f"/settings/imports/{one.pk}/",
        "value": f"/settings/watch/{item.pk}/",
        "watch": "/settings/watch/",
    }
    for name, path in paths.items():
        ada.go(path)
        for width in (1440, 390):
            ada.page.set_viewport_size({"width": width, "height": 900})
            wide = ada.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, f"{path} is {wide} px too wide at {width}"
            if SHOTS:
                shot = Path(SHOTS) / f"{name}-{theme}-{width}.png"
                ada.page.screenshot(path=str(shot), full_page=True)
        found = Axe().run(ada.page).response["violations"]
        bad = [(v["id"], v["nodes"][0]["html"][:160]) for v in found]
        assert [one for one in bad if one[0] != "region"] == [], path
    assert ada.watch.errors == []


def _read(
    desk: world.Desk, source: str, text: str, opinion: str = Opinion.POSITIVE
) -> IndicatorBatch:
    terms = BatchTerms(source, trust=0.9, licence="CC0-1.0", opinion=opinion)
    return read_batch(actor=desk.admin, raw=text.encode(), terms=terms, name=f"{source}.md")
