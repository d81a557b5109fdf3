"""A reviewer sees where the posts of a case came from: AI output and posts side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from abusedesk.core import clock
from cases.models import Case
from detectors import sketches, stream
from detectors.schema import Kind, SignalIn
from detectors.services.ingest import ingest_batch
from tests import desk as whole
from tests import make
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui, pytest.mark.row(87)]
PLATFORMS = ("x", "telegram", "medium")
DRAFT = (
    "Neighbours, the old harbour clinic will shut its doors on the first of next month although the"
    " council promised last spring that every ward would stay open, so meet us at the north gate on"
    " Thursday at six, bring a lamp and a friend, and sign the paper before the board votes"
)


def _signals(*, hidden: bool) -> list[SignalIn]:
    """An answer, and nine minutes later the first of six posts, ten minutes apart."""
    start = clock.now() - timedelta(hours=5)
    prints = (sketches.sketch(DRAFT, b"0123456789abcdef", "acme"),) if hidden else ()
    wrote = make.signal(
        0,
        platform="openai-api",
        kind=Kind.AI_RESPONSE,
        actor="org-17",
        occurred_at=start,
        text="" if hidden else f"Sure! {DRAFT}.",
        fingerprints=prints,
    )
    posts = [
        make.signal(
            n,
            platform=PLATFORMS[n % 3],
            actor=f"u{n}",
            occurred_at=start + timedelta(minutes=10 * n - 1),
            text=f"{DRAFT} <b>friends</b>",
            fingerprints=prints,
        )
        for n in range(1, 7)
    ]
    return [wrote, *posts]


def _case_of(signals: list[SignalIn]) -> Case:
    whole.forget()
    stream.forget_pages()
    ingest_batch(source=world.source_of(), signals=signals)
    whole.work()
    return Case.objects.get(campaign_links__campaign__members__account="x:u3")


@pytest.mark.parametrize("script", [True, False])
def test_a_reviewer_sees_output_and_posts_in_order_with_delays(
    enter: Callable[..., Visitor], desk: world.Desk, script: bool
) -> None:
    case = _case_of(_signals(hidden=False))
    rita = enter(script=script)
    page = rita.page
    page.goto(f"{rita.base}/cases/{case.ref}/?tab=evidence")
    chain = page.get_by_role("region", name="From AI output to posts")
    expect(chain).to_contain_text("1 output of openai-api:org-17 came back in 6 posts")
    cards = chain.get_by_role("article")
    expect(cards).to_have_count(7)
    expect(cards.nth(0)).to_contain_text("openai-api:org-17")
    expect(cards.nth(0)).to_contain_text("Sure! Neighbours")
    expect(cards.nth(1)).to_contain_text("+9 min")
    expect(cards.nth(1)).to_contain_text("telegram:u1")
    expect(cards.nth(1)).to_contain_text("containment 94 %")
    expect(cards.nth(1).locator("mark")).to_have_text("<b>friends</b>")
    expect(cards.nth(6)).to_contain_text("+59 min")
    assert rita.watch.errors == rita.watch.off_origin == []


@pytest.mark.row(88)
def test_a_text_that_its_sender_keeps_is_named_as_such(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = _case_of(_signals(hidden=True))
    rita = enter()
    rita.go(f"/cases/{case.ref}/?tab=evidence")
    cards = rita.page.get_by_role("region", name="From AI output to posts").get_by_role("article")
    expect(cards.nth(0)).to_contain_text("text not disclosed by Test world")
    expect(cards.nth(1)).to_contain_text("Neighbours, the old harbour clinic")
    expect(cards.nth(1).locator("mark")).to_have_count(0)
