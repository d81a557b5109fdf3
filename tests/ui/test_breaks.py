"""A shift at the browser, by keys alone: ten prompts, the break card, the break, and on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from abusedesk import env
from cases.choices import Severity
from cases.exposure import budget_of
from cases.services.marking import label_case
from detectors.models import Signal
from tests.cases import build
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
SENTENCE = "Our lawyer recovered"


@pytest.fixture
def heavy(desk: world.Desk) -> Iterator[world.Desk]:
    """Everything that waits is of the worst kind."""
    Signal.objects.update(kind="ai.request")
    build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    for case in desk.cases:
        label_case(actor=desk.lead, case=case, labels=["gore"])
    yield desk
    env.current.cache_clear()


def peek_at_ten(rita: Visitor, ref: str) -> None:
    """Hold the key on one row after the other."""
    rita.go(f"/cases/{ref}/?tab=evidence")
    page = rita.page
    rows = page.locator("section.stack-s:last-of-type .evidence > article.signal")
    expect(page.get_by_text("ai.request of").first).to_be_visible()
    for number in range(10):
        row = rows.nth(number)
        row.focus()
        page.keyboard.down("b")
        expect(row.get_by_text(SENTENCE)).to_be_visible()
        page.keyboard.up("b")
        expect(row.get_by_text(SENTENCE)).to_have_count(0)


@pytest.mark.row(50)
@pytest.mark.journey(24)
def test_ten_graphic_items_are_followed_by_a_break_that_one_can_end(
    enter: Callable[..., Visitor], heavy: world.Desk
) -> None:
    rita = enter(mouse=False)
    peek_at_ten(rita, heavy.cases[0].ref)
    rita.go("/queues/operations/")
    rita.press("n")
    page = rita.page
    expect(page.get_by_role("heading", name="Time for a break")).to_be_visible()
    expect(page.get_by_role("heading", name="A break of 10 minutes")).to_be_visible()
    page.get_by_role("button", name="Begin the break").press("Enter")
    expect(page.get_by_role("heading", name="You are on a break")).to_be_visible()
    page.get_by_role("button", name="Resume now").press("Enter")
    rita.go("/queues/operations/")
    rita.press("n")
    expect(page.get_by_role("heading", level=1)).to_contain_text("accounts on")
    assert rita.violations() == []
    assert rita.watch.errors == []


@pytest.mark.row(101)
def test_with_a_budget_of_thirty_ten_prompts_held_open_are_enough_for_a_shift(
    enter: Callable[..., Visitor], heavy: world.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABUSEDESK_EXPOSURE_BUDGET", "30")
    env.current.cache_clear()
    rita = enter(mouse=False)
    peek_at_ten(rita, heavy.cases[0].ref)
    budget = budget_of(heavy.reviewer)
    assert (budget.spent, budget.limit) == (30, 30)
    rita.go("/queues/operations/")
    rita.press("n")
    page = rita.page
    expect(page.get_by_text("30 of 30 points in this shift")).to_be_visible()
    page.get_by_role("button", name="Review in Scams and money").press("Enter")
    expect(page.get_by_role("heading", name="Scams and money")).to_be_visible()
