"""Second looks, appeals and policies in a browser, with htmx and without any script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from cases.choices import ReviewState, State
from cases.models import Appeal, Case, Decision, PolicyVersion, SecondReview
from cases.services.policy import PolicyText, save_policy
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui

SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["htmx", "no script"])
SECRET = "one device for all of them"


def _policy(desk: world.Desk, percent: int) -> PolicyVersion:
    said = PolicyText(title="Scams", text="No scams.", review_percent=percent, harm=3)
    return save_policy(actor=desk.admin, slug="scams", said=said, reason="agreed")


def _decide(rita: Visitor, ref: str) -> None:
    """Claim the case, and suspend its accounts for a week under the policy."""
    page = rita.page
    page.goto(f"{rita.base}/cases/{ref}/")
    page.get_by_role("button", name="Claim", exact=False).first.click()
    page.get_by_text("Claimed by you").wait_for()
    page.locator("label.verdict", has_text="Abuse confirmed").click()
    page.get_by_label("Policy", exact=True).select_option("scams")
    page.locator("details.terms summary").click()
    page.get_by_label("How sure are you?").select_option("3")
    page.get_by_label("Action on its accounts").select_option("suspend")
    page.get_by_label("For days").fill("7")
    page.locator("#reason").fill(SECRET)
    page.get_by_role("button", name="Submit & stay").click()
    page.get_by_role("heading", name="Abuse confirmed").wait_for()


def test_q_asks_for_a_second_opinion(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    rita = enter("rita", mouse=False)
    rita.go("/queues/operations/")
    rita.press("n")
    rita.page.wait_for_url("**/cases/**")
    rita.press("3", "q", "y")
    rita.page.keyboard.type("looks like a choir, but who knows")
    rita.press("Escape", "Shift+N")
    expect(rita.page.locator("#decision")).to_contain_text("Not in force yet")
    assert SecondReview.objects.get().why == "asked"


@SCRIPTS
@pytest.mark.row(45)
@pytest.mark.journey(14)
def test_a_second_person_judges_without_the_first_verdict(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    _policy(desk, percent=100)
    ref = desk.cases[0].ref
    _decide(enter("rita", script=script), ref)
    decision = Decision.objects.get()
    assert {one.kind for one in decision.actions.all()} == {"suspend"}
    assert decision.confidence == 3
    lena = enter("lena", script=script)
    page = lena.page
    page.goto(f"{lena.base}/cases/{ref}/")
    expect(page.locator("#decision")).to_contain_text("Awaits a second opinion")
    assert SECRET not in page.content()
    page.goto(f"{lena.base}/quality/")
    page.get_by_role("link", name=ref).click()
    page.get_by_role("heading", name="Your opinion").wait_for()
    assert SECRET not in page.content()
    page.locator("label.verdict", has_text="Coordinated, legitimate").click()
    page.locator("#reason").fill("a choir")
    page.get_by_role("button", name="Give the second opinion").click()
    page.wait_for_url("**/quality/")
    assert SecondReview.objects.get().state == ReviewState.DISAGREED
    ada = enter("ada", script=script)
    page = ada.page
    page.goto(f"{ada.base}/quality/")
    page.get_by_role("row", name="rita").get_by_role("link").click()
    expect(page.get_by_role("row", name="lena")).to_contain_text("a choir")
    page.get_by_label("Which opinion stands?").select_option("first")
    page.get_by_label("Reason").fill("no choir has one device")
    page.get_by_role("button", name="Settle").click()
    page.wait_for_url("**/quality/")
    assert SecondReview.objects.get().state == ReviewState.SETTLED


@SCRIPTS
@pytest.mark.row(47)
@pytest.mark.journey(15)
def test_an_appeal_is_handed_in_and_ruled_on_by_somebody_else(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    _policy(desk, percent=0)
    rita = enter("rita", script=script)
    _decide(rita, desk.cases[0].ref)
    page = rita.page
    page.locator("summary", has_text="Appeal").click()
    page.get_by_label("Who objects?").fill("x:morgan")
    page.get_by_label("What do they say?").fill("We are a choir.")
    page.get_by_role("button", name="Hand in the appeal").click()
    page.get_by_text("waits for somebody who had no part in it").wait_for()
    appeal = Appeal.objects.get()
    page.goto(f"{rita.base}/quality/appeals/{appeal.pk}/")
    expect(page.get_by_text("somebody else rules")).to_be_visible()
    assert page.get_by_role("button", name="Rule", exact=True).count() == 0
    lena = enter("lena", script=script)
    page = lena.page
    page.goto(f"{lena.base}/quality/")
    page.get_by_role("link", name=f"Appeal {appeal.pk}").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    page.locator("#ruling-choice").select_option("overturned")
    page.locator("#ruling-reason").fill("they are")
    page.get_by_role("button", name="Rule", exact=True).click()
    page.wait_for_url("**/quality/")
    appeal.refresh_from_db()
    assert appeal.state == "overturned"
    assert Decision.objects.get(replaces=appeal.decision).outcome == "no_abuse"


@SCRIPTS
@pytest.mark.row(44)
def test_an_admin_writes_a_policy_and_its_next_version(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    ada = enter("ada", script=script)
    page = ada.page
    page.goto(f"{ada.base}/settings/policies/")
    page.get_by_label("Short name").fill("scams")
    page.locator("#id_title").fill("Scams")
    page.locator("#id_text").fill("No scams.")
    page.get_by_label("Reason of this version").fill("agreed")
    page.get_by_role("button", name="Put into force").click()
    page.wait_for_url("**/settings/policies/scams/")
    page.locator("#id_text").fill("No scams, no spam.")
    page.get_by_label("Reason of this version").fill("spam too")
    page.get_by_role("button", name="Put into force").click()
    expect(page.get_by_role("row", name="spam too")).to_be_visible()
    assert [one.number for one in PolicyVersion.objects.all()] == [2, 1]
    assert desk.admin.pk == PolicyVersion.objects.latest("pk").created_by_id


@SCRIPTS
@pytest.mark.row(45)
def test_answers_survive_a_refusal(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    said = PolicyText(title="Scams", text="No.", review_percent=0, questions=["harm", "change"])
    save_policy(actor=desk.admin, slug="scams", said=said, reason="agreed")
    rita = enter("rita", script=script)
    page = rita.page
    page.goto(f"{rita.base}/cases/{desk.cases[0].ref}/")
    page.get_by_role("button", name="Claim", exact=False).first.click()
    page.get_by_text("Claimed by you").wait_for()
    page.locator("label.verdict", has_text="Abuse confirmed").click()
    page.get_by_label("Policy", exact=True).select_option("scams")
    page.locator("details.terms summary").click()
    page.locator("#ask-harm").select_option(index=2)
    chosen = page.locator("#ask-harm").input_value()
    page.locator("#reason").fill("seen")
    page.get_by_role("button", name="Submit & stay").click()
    expect(page.get_by_text("asks: change")).to_be_visible()
    expect(page.locator("#ask-harm")).to_have_value(chosen)
    expect(page.locator("#ask-change")).to_be_visible()
    page.locator("#ask-change").select_option(index=1)
    page.get_by_role("button", name="Submit & stay").click()
    page.get_by_role("heading", name="Abuse confirmed").wait_for()
    assert Decision.objects.get().assessment["harm"] == chosen


@SCRIPTS
@pytest.mark.row(38)
@pytest.mark.parametrize("goes_on", [0, 1], ids=["this", "the other"])
@pytest.mark.journey(10)
def test_the_case_that_is_chosen_goes_on(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool, goes_on: int
) -> None:
    pair = desk.cases[:2]
    rita = enter("rita", script=script)
    page = rita.page
    page.goto(f"{rita.base}/cases/{pair[0].ref}/lineage/")
    page.get_by_label("Reference of the other case").fill(pair[1].ref)
    page.get_by_role("button", name="Preview").first.click()
    page.get_by_label(pair[goes_on].ref, exact=True).check()
    page.get_by_label("Why are they one?").fill("one crew")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.wait_for_url(f"**/cases/{pair[goes_on].ref}/lineage/")
    gone = Case.objects.get(pk=pair[1 - goes_on].pk)
    assert (gone.state, gone.merged_into) == (State.MERGED, pair[goes_on])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("undone by rita")).to_be_visible()
    gone.refresh_from_db()
    assert gone.state == State.OPEN
