"""A person who never saw YAML makes a rule in the browser, tries it and ships it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from detectors.models import DetectorConfig
from tests import make
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
SLOW_MS = 20_000


def sample(accounts: int) -> str:
    return json.dumps(
        [
            make.item(
                number,
                actor=f"p{number}",
                text="Win a PRIZE <img src=x onerror=alert(1)>",
                urls=[f"https://www.evil-site.example/{number}"],
            )
            for number in range(accounts)
        ]
    )


@pytest.mark.row(13)
@pytest.mark.row(27)
@pytest.mark.journey(20)
def test_a_rule_is_made_tried_and_shipped_in_two_minutes(enter: Callable[..., Visitor]) -> None:
    lena = enter("lena")
    page = lena.page
    began = time.monotonic()
    lena.go("/detectors/")
    page.get_by_role("link", name="New rule").first.click()
    lena.ready()
    page.get_by_label("What does it find?").fill("Prize scams push one site")
    page.get_by_label("Condition 2: value").fill("prize")
    expect(page.locator("#id_sigma")).to_have_value(
        re.compile(r"text\|contains: prize"), timeout=SLOW_MS
    )
    page.get_by_label("at least").fill("3")
    page.locator("#id_sample").fill(sample(2))
    result = page.locator("#result")
    expect(result.get_by_text("No hit.")).to_be_visible(timeout=SLOW_MS)
    expect(result.get_by_role("row", name="evil-site[.]example 2 3 1")).to_be_visible(
        timeout=SLOW_MS
    )
    expect(result.get_by_role("row", name="met text contains “prize”").first).to_be_visible(
        timeout=SLOW_MS
    )
    page.locator("#id_sample").fill(sample(3))
    expect(result.get_by_text("Hit.", exact=True)).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Reason").fill("a wave since Monday")
    page.get_by_role("button", name="Save rule").click()
    page.wait_for_url(re.compile("/detectors/rule-prize-scams-push-one-site/$"))
    took = time.monotonic() - began
    assert took < 120
    config = DetectorConfig.objects.get(slug="rule-prize-scams-push-one-site")
    assert config.mode == "shadow"
    page.get_by_role("link", name="Edit rule").click()
    lena.ready()
    page.get_by_text("Live", exact=True).click()
    page.get_by_label("Reason").fill("it finds what it should")
    page.get_by_role("button", name="Save as version 2").click()
    page.wait_for_url(re.compile(r"/detectors/rule-prize-scams-push-one-site/drafts/\d+/$"))
    expect(page.get_by_text("somebody else has to approve it")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    ada = enter("ada")
    ada.page.goto(page.url)
    ada.page.get_by_role("button", name="Approve and put into force").click()
    expect(ada.page.get_by_text("Version 2 is in force from the next tick.")).to_be_visible()
    assert DetectorConfig.objects.get(slug=config.slug, current=True).mode == "live"
    assert lena.violations() == []
    assert lena.watch.dialogs == []


@pytest.mark.journey(20)
def test_text_and_blocks_follow_each_other_and_bad_text_names_its_line(
    enter: Callable[..., Visitor],
) -> None:
    lena = enter("lena")
    page = lena.page
    lena.go("/rules/new/")
    text = page.locator("#id_sigma")
    good = text.input_value()
    text.fill(good.replace("timespan: 1h", "timespan: 45m").replace("gte: 5", "gte: 7"))
    expect(page.get_by_label("at least")).to_have_value("7", timeout=SLOW_MS)
    expect(page.get_by_label("within", exact=True)).to_have_value("45", timeout=SLOW_MS)
    text.fill(good.replace("kind: post", "knd: post"))
    expect(page.locator("#faults").get_by_text("There is no such field").first).to_be_visible(
        timeout=SLOW_MS
    )
    expect(page.locator("#faults").get_by_text("Line 8").first).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("#blocks")).to_contain_text("cannot be read yet", timeout=SLOW_MS)
    text.fill(good.replace("kind: post", "text|re: '^win'"))
    expect(page.locator("#blocks")).to_contain_text("more than blocks can", timeout=SLOW_MS)
    assert lena.violations() == []


def test_it_works_without_scripts(enter: Callable[..., Visitor]) -> None:
    lena = enter("lena", script=False)
    page = lena.page
    page.goto(f"{lena.base}/rules/new/")
    page.get_by_label("What does it find?").fill("By hand")
    page.get_by_label("Condition 2: value").fill("prize")
    page.locator("#id_sample").fill(sample(5))
    page.locator("#text-title + span button").click()
    expect(page.locator("#result").get_by_text("Hit.", exact=True)).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_label("What does it find?")).to_have_value("By hand", timeout=SLOW_MS)
