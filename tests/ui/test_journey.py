"""People at browsers: keys only, twenty cases in a row, two at once, and how fast it is."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cases.choices import State
from cases.models import Case, Decision, Note
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui]
CASE_URL = re.compile(r"/cases/AD-\d+/")
Enter = Callable[..., Visitor]
# From the key to the frame after the next case stands; decide-and-next keeps the document.
STOPWATCH = """() => {
  window.times = [];
  addEventListener("keydown", () => { window.began = performance.now(); }, true);
  document.addEventListener("htmx:afterSettle", () => requestAnimationFrame(() =>
    requestAnimationFrame(() => window.times.push(performance.now() - window.began))));
}"""

ASKED = """() => performance.getEntriesByType("resource").map((one) =>
  [one.initiatorType, new URL(one.name).pathname])"""


def ref_of(page: Page) -> str:
    return page.locator(".case-head .mono").inner_text()


def wait_for_other(page: Page, ref: str) -> None:
    """Until another case is painted and its keys work."""
    page.wait_for_function(
        "ref => { const at = document.querySelector('html[data-ready] .case-head .mono');"
        " return at && at.textContent !== ref; }",
        arg=ref,
        polling="raf",
    )


@pytest.mark.row(31)
@pytest.mark.row(35)
@pytest.mark.journey(5)
def test_a_reviewer_works_with_keys_only(enter: Enter, desk: world.Desk) -> None:
    rita = enter(mouse=False, typed=True)
    page = rita.page
    rita.ready()
    rita.press("g", "q")
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    rita.ready()
    rita.press("j", "o")
    expect(page.get_by_role("heading", name="Operations")).to_be_visible()
    rita.ready()
    rita.press("n")
    page.wait_for_url(CASE_URL)
    rita.ready()
    expect(page.get_by_text("Claimed by you")).to_be_visible()
    first = ref_of(page)
    _reads_everything(rita)
    _writes_a_note(rita)
    rita.press("1", "n")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("Same text and links within seconds, 1 2 3 n")
    assert Decision.objects.count() == 0
    rita.press("Escape", "n")
    wait_for_other(page, first)
    decided = Case.objects.get(ref=first)
    assert (decided.state, decided.decisions.get().outcome) == (State.CLOSED, "abuse")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    second = ref_of(page)
    rita.press("u")
    wait_for_other(page, second)
    assert ref_of(page) == first
    undone = Case.objects.get(ref=first)
    assert (undone.state, undone.claimed_by) == (State.OPEN, desk.reviewer)
    assert rita.watch.off_origin == []
    assert rita.watch.errors == []


def _reads_everything(rita: Visitor) -> None:
    page = rita.page
    rita.press("v", "e")
    expect(page.get_by_role("heading", name="side by side")).to_be_visible()
    rita.press("j", "j")
    expect(page.locator("[data-item].is-current")).to_have_count(1)
    rita.press("v", "w")
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    expect(page.locator(".conditions .met").first).to_be_visible()
    rita.press("v", "t")
    expect(page.get_by_text("claimed the case")).to_be_visible()
    rita.press("v", "s")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()


def _writes_a_note(rita: Visitor) -> None:
    rita.press("c")
    rita.page.keyboard.type("Looks like the **same** people as in spring. 1 2 n")
    rita.press("Control+Enter")
    expect(rita.page.locator("#notes strong", has_text="same")).to_be_visible()
    assert Note.objects.get().author.username == "rita"
    rita.press("Escape")


@pytest.mark.row(31)
@pytest.mark.journey(2)
def test_twenty_cases_without_a_mouse_and_every_key_is_shown(
    enter: Enter, desk: world.Desk
) -> None:
    for number in range(9, 21):
        world.case(desk.queue, number)
    rita = enter(mouse=False)
    page = rita.page
    rita.go("/queues/operations/")
    rita.press("n")
    page.wait_for_url(CASE_URL)
    rita.ready()
    _every_key_is_shown(rita)
    for count in range(20):
        ref = ref_of(page)
        rita.press(str(count % 4 + 1), "y")
        page.keyboard.type(f"Reason number {count}")
        rita.press("Control+Enter")
        if count < 19:
            wait_for_other(page, ref)
    page.wait_for_url(re.compile("/queues/operations/"))
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    assert Decision.objects.filter(undone_at=None).count() == 20
    assert set(Decision.objects.values_list("outcome", flat=True)) == {
        "abuse", "legitimate", "no_abuse", "unsure",
    }  # fmt: skip


def _every_key_is_shown(rita: Visitor) -> None:
    """Each key that the journey uses stands on its button and in the `?` dialog."""
    page = rita.page
    for shortcut, printed in {
        "verdict-1": "1", "verdict-4": "4", "reason": "y", "submit-next": "n", "submit": "Ctrl ↵",
        "submit-stay": "⇧N", "skip": "z", "release": "⇧Z", "note": "c", "escalate": "e",
    }.items():  # fmt: skip
        bound = page.locator(f'[data-hotkey~="{shortcut}"]').first
        near = bound.locator("xpath=ancestor-or-self::*[.//kbd][1]")
        assert printed in near.locator("kbd").all_inner_texts(), shortcut
        row = page.locator(f'[data-key-row="{shortcut}"] kbd')
        assert row.all_text_contents() == [printed]
    rita.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    rita.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


@pytest.mark.row(29)
@pytest.mark.journey(3)
def test_two_browsers_that_press_next_get_different_cases(enter: Enter, desk: world.Desk) -> None:
    for number in range(9, 103):
        world.case(desk.queue, number)
    visitors = [enter("rita"), enter("lena")]
    seen: list[str] = []
    for _ in range(50):
        for visitor in visitors:
            visitor.go("/queues/operations/")
        for visitor in visitors:
            visitor.page.keyboard.press("n")
        for visitor in visitors:
            visitor.page.wait_for_url(CASE_URL)
            seen.append(ref_of(visitor.page))
    assert len(set(seen)) == 100
    third = enter("ada")
    third.go(f"/cases/{seen[-1]}/")
    expect(third.page.get_by_text("Claimed by lena")).to_be_visible()


@pytest.mark.row(30)
def test_the_next_case_is_there_at_once(enter: Enter, desk: world.Desk) -> None:
    """In one request and on one page; how long it takes is printed, the best of three rounds."""
    for number in range(9, 62):
        world.case(desk.queue, number)
    rita = enter()
    rita.go("/queues/operations/")
    rita.press("n")
    rita.page.wait_for_url(CASE_URL)
    rita.ready()
    rita.page.evaluate(STOPWATCH)
    rita.page.evaluate("performance.clearResourceTimings()")
    rounds = [_timed(rita, decisions=19) for _ in range(3)]
    asked = rita.page.evaluate(ASKED)
    p95 = min(times[int(len(times) * 0.95)] for times in rounds)
    median = min(times[len(times) // 2] for times in rounds)
    sys.stdout.write(f"submit to next: median {median:.0f} ms, p95 {p95:.0f} ms\n")
    assert len([path for _, path in asked if path.startswith("/cases/")]) == 3 * 19
    assert not {"navigation", "script", "link", "css"} & {kind for kind, _ in asked}


def _timed(rita: Visitor, decisions: int) -> list[float]:
    """Milliseconds from submit to the next case, sorted."""
    page = rita.page
    page.evaluate("() => { window.times = []; }")
    for _ in range(decisions):
        ref = ref_of(page)
        rita.press("3", "y")
        page.keyboard.type("Nothing here")
        rita.press("Control+Enter")
        wait_for_other(page, ref)
    page.wait_for_function("count => window.times.length >= count", arg=decisions)
    times: list[float] = page.evaluate("() => window.times")
    return sorted(times)


@pytest.mark.journey(4)
def test_a_lost_claim_keeps_what_was_typed(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    page = rita.page
    rita.go("/queues/operations/")
    rita.press("n")
    page.wait_for_url(CASE_URL)
    rita.ready()
    ref = ref_of(page)
    Case.objects.filter(ref=ref).update(claimed_by=None, claim_id=None, claim_expires_at=None)
    rita.press("2", "y")
    page.keyboard.type("A long reason that took time")
    rita.press("Control+Enter")
    again = page.get_by_role("button", name="Claim again, keep my draft")
    expect(again).to_be_visible()
    expect(page.locator("#reason")).to_have_value("A long reason that took time")
    again.press("Enter")
    expect(page.get_by_text("Claimed by you")).to_be_visible()
    rita.ready()
    expect(page.locator("#reason")).to_have_value("A long reason that took time")
    expect(page.locator("[value=legitimate]")).to_be_checked()
    rita.press("Shift+N")
    expect(page.locator("#decision h2").first).to_have_text("Coordinated, legitimate")
    assert Decision.objects.get().case.ref == ref


def test_skip_gives_back_and_takes_the_next(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    rita.go("/queues/operations/")
    rita.press("n")
    rita.page.wait_for_url(CASE_URL)
    rita.ready()
    first = ref_of(rita.page)
    rita.press("z")
    wait_for_other(rita.page, first)
    assert Case.objects.get(ref=first).claimed_by is None
    assert Case.objects.filter(claimed_by=desk.reviewer).count() == 1
    rita.press("Shift+Z")
    expect(rita.page.get_by_text("Free")).to_be_visible()


def test_escalate_and_snooze_by_keys(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    rita.go("/cases/AD-1/")
    rita.press("e")
    rita.page.keyboard.type("Needs a lead")
    rita.press("Control+Enter")
    expect(rita.page.get_by_text("AD-1 waits for a lead")).to_be_visible()
    rita.go("/cases/AD-2/")
    rita.press("h")
    expect(rita.page.get_by_role("button", name="For a day")).to_be_focused()
    rita.press("w")
    expect(rita.page.get_by_text("comes back on")).to_be_visible()
    states = Case.objects.in_bulk(["AD-1", "AD-2"], field_name="ref")
    assert [case.state for case in states.values()] == [State.ESCALATED, State.SNOOZED]


@pytest.mark.journey(6)
def test_back_returns_to_the_same_row_of_the_list(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    rita.go("/queues/operations/?state=open")
    rita.press("j", "j", "j", "o")
    rita.page.wait_for_url(CASE_URL)
    rita.ready()
    ref = ref_of(rita.page)
    rita.press("v", "w")
    expect(rita.page.get_by_role("heading", name="Findings")).to_be_visible()
    rita.page.go_back()
    expect(rita.page.get_by_role("heading", name="What happened")).to_be_visible()
    assert rita.page.locator("nav.nav").count() == 1
    rita.press("Escape")
    rita.page.wait_for_url(re.compile("/queues/operations/"))
    expect(rita.page.locator(f"tr#{ref}.is-current")).to_be_visible()


def test_deciding_works_without_javascript(enter: Enter, desk: world.Desk) -> None:
    rita = enter(script=False, typed=True)
    page = rita.page
    page.goto(f"{rita.base}/queues/operations/")
    page.get_by_role("button", name="Start review").click()
    page.wait_for_url(CASE_URL)
    page.locator("label.verdict", has_text="No abuse").click()
    page.locator("#reason").fill("A press office")
    page.get_by_role("button", name="Submit & next").click()
    page.wait_for_url(CASE_URL)
    assert Decision.objects.get().outcome == "no_abuse"
    page.get_by_role("button", name="Undo").click()
    assert Decision.objects.exclude(undone_at=None).count() == 1


@pytest.mark.parametrize(
    ("event", "works"),
    [
        ({"key": "y", "code": "KeyZ"}, True),
        ({"key": "Y", "code": "KeyY"}, True),  # Caps Lock
        ({"key": "\u043d", "code": "KeyY"}, True),  # a Cyrillic layout
        ({"key": "Y", "code": "KeyY", "shiftKey": True}, False),
        ({"key": "y", "code": "KeyY", "isComposing": True}, False),
        ({"key": "y", "code": "KeyY", "ctrlKey": True}, False),
        ({"key": "y", "code": "KeyY", "altKey": True}, False),
        ({"key": "y", "code": "KeyY", "repeat": True}, False),
    ],
)
@pytest.mark.journey(27)
def test_keys_mind_layout_and_composition(
    enter: Enter, desk: world.Desk, event: dict[str, object], works: bool
) -> None:
    rita = enter()
    rita.go("/cases/AD-1/")
    rita.press("a")
    expect(rita.page.get_by_text("Claimed by you")).to_be_visible()
    rita.ready()
    rita.page.evaluate(
        "init => document.body.dispatchEvent(new KeyboardEvent("
        "'keydown', {bubbles: true, cancelable: true, ...init}))",
        event,
    )
    focused = rita.page.evaluate("document.activeElement.id") == "reason"
    assert focused is works
