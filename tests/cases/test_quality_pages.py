"""Second looks, appeals, reversals and policies on their pages: who may, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from abusedesk.core.models import Role, User
from cases.choices import Answer, AppealState, Question, ReviewState, State
from cases.models import Appeal, Case, Decision, PolicyVersion, SecondReview
from cases.services.review import give_opinion
from cases.terms import Terms
from detectors.choices import Outcome
from tests.cases import build

pytestmark = pytest.mark.django_db

HOSTILE = '"><script>alert(1)</script>\u202e<img src=x onerror=y>'
HIGH, LOW = Answer.values[-1], Answer.values[0]


def _browser(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def _decided(first: User, reason: str = "seen", **said: Any) -> Decision:
    under = build.policy(**said)
    _, case = build.opened()
    answers = dict.fromkeys(under.questions, HIGH)
    terms = Terms(policy=under, assessment=answers)
    return build.decided(first, case, reason=reason, terms=terms)


def _disagreed(first: User, second: User) -> SecondReview:
    review = _decided(first, review_percent=100).second_review
    return give_opinion(actor=second, review=review, outcome=Outcome.LEGITIMATE, reason="a choir")


def _chosen(page: str, field: str) -> str:
    """The value that a select of that name shows."""
    inside = page.partition(f'name="{field}"')[2].partition("</select>")[0]
    before, found, _ = inside.partition('" selected')
    return before.rpartition('value="')[2] if found else ""


@pytest.mark.row(45)
def test_a_refused_opinion_keeps_every_answer_and_shows_where_one_is_missing() -> None:
    asked = [Question.HARM, Question.ORCHESTRATION]
    review = _decided(build.user(), review_percent=100, questions=asked).second_review
    browser = _browser(build.user())
    said = {
        "outcome": "abuse",
        "reason": f"seen {HOSTILE}",
        "policy": "scam",
        "confidence": "3",
        "harm": HIGH,
    }
    answer = browser.post(f"/quality/second/{review.pk}/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Scam v1 asks: orchestration." in page
    assert '<details class="terms" open>' in page
    assert (_chosen(page, "harm"), _chosen(page, "orchestration")) == (HIGH, "")
    assert (_chosen(page, "policy"), _chosen(page, "confidence")) == ("scam", "3")
    assert "seen &quot;&gt;&lt;script&gt;" in page
    review.refresh_from_db()
    assert review.state == ReviewState.WAITING
    browser.post(f"/quality/second/{review.pk}/", said | {"orchestration": LOW})
    review.refresh_from_db()
    assert review.assessment == {"harm": HIGH, "orchestration": LOW}


def test_a_refused_decision_keeps_every_answer_too() -> None:
    build.policy(questions=[Question.HARM, Question.CHANGE])
    _, case = build.opened()
    who = build.user()
    browser = _browser(who)
    browser.post(f"/cases/{case.ref}/claim/", {"harm": HIGH, "policy": "scam"})
    page = browser.get(f"/cases/{case.ref}/").content.decode()
    assert _chosen(page, "harm") == HIGH
    case.refresh_from_db()
    said = {
        "key": build.key(1),
        "claim_id": case.claim_id,
        "outcome": "abuse",
        "reason": "seen",
        "policy": "scam",
        "change": LOW,
    }
    answer = browser.post(f"/cases/{case.ref}/decide/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "asks: harm" in page
    assert (_chosen(page, "change"), _chosen(page, "policy")) == (LOW, "scam")
    assert '<details class="terms" open>' in page
    assert not Decision.objects.exists()


def test_an_untouched_form_is_folded() -> None:
    build.policy(questions=[Question.HARM])
    _, case = build.opened()
    page = _browser(build.user()).get(f"/cases/{case.ref}/").content.decode()
    assert '<details class="terms">' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "guilty"},
        {"reason": ""},
        {"reason": "a" * 5_001},
        {"harm": "enormous"},
        {"confidence": "99"},
        {"policy": "no-such"},
        {"policy": "sc\x00am"},
    ],
    ids=["outcome", "no reason", "long reason", "answer", "confidence", "policy", "NUL"],
)
def test_what_no_opinion_can_say_is_refused(wrong: dict[str, str]) -> None:
    review = _decided(build.user(), review_percent=100).second_review
    said = {"outcome": "abuse", "reason": "seen", "policy": "scam", **wrong}
    answer = _browser(build.user()).post(f"/quality/second/{review.pk}/", said)
    assert answer.status_code == 422
    review.refresh_from_db()
    assert review.state == ReviewState.WAITING


@pytest.mark.row(45)
def test_the_page_of_the_second_look_exists_for_everybody_but_the_first() -> None:
    first = build.user()
    review = _decided(first, reason="SECRET", review_percent=100).second_review
    path = f"/quality/second/{review.pk}/"
    assert _browser(first).get(path).status_code == 404
    assert _browser(first).post(path, {"outcome": "abuse", "reason": "r"}).status_code == 404
    assert _browser(build.user(Role.PARTNER)).get(path).status_code == 404
    answer = _browser(build.user(Role.INTEGRATION)).get(path)
    assert answer.headers["Location"].startswith("/login/")
    page = _browser(build.user()).get(path).content.decode()
    assert "Your opinion" in page
    assert "SECRET" not in page
    assert str(first) not in page


def test_who_comes_second_to_the_second_look_is_told_and_sees_both() -> None:
    review = _decided(build.user(), review_percent=100).second_review
    give_opinion(actor=build.user(), review=review, outcome=Outcome.UNSURE, reason="who knows")
    said = {"outcome": "abuse", "reason": "my own words", "policy": "scam"}
    answer = _browser(build.user()).post(f"/quality/second/{review.pk}/", said)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "This second look is over" in page
    assert ("who knows" in page, "my own words" in page) == (True, True)


@pytest.mark.row(47)
def test_who_rules_too_late_is_told_and_keeps_the_words() -> None:
    appeal = build.appeal(_decided(build.user()))
    path, said = f"/quality/appeals/{appeal.pk}/", {"ruling": "upheld", "reason": "my own words"}
    assert _browser(build.user()).post(path, said | {"reason": "I was first"}).status_code == 302
    answer = _browser(build.user()).post(path, said | {"ruling": "overturned"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This appeal is over: upheld." in page
    assert ("I was first" in page, "my own words" in page) == (True, True)
    assert Decision.objects.get().undone_at is None


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"side": "third"}, {"key": "1"}])
def test_a_refused_settlement_keeps_side_and_reason(wrong: dict[str, str]) -> None:
    review = _disagreed(build.user(), build.user())
    lead = build.user(Role.LEAD)
    said = {"side": "second", "reason": "they sing", "key": str(build.key(9)), **wrong}
    answer = _browser(lead).post(f"/quality/second/{review.pk}/settle/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert _chosen(page, "side") == ("second" if said["side"] == "second" else "")
    assert ("they sing" in page) is (said["reason"] == "they sing")
    review.refresh_from_db()
    assert review.state == ReviewState.DISAGREED


@pytest.mark.row(45)
def test_only_a_lead_who_is_neither_of_the_two_is_offered_to_settle() -> None:
    first, second = build.user(Role.LEAD), build.user(Role.LEAD)
    review = _disagreed(first, second)
    path = f"/quality/second/{review.pk}/"
    said = {"side": "first", "reason": "no choir", "key": str(build.key(9))}
    for who in (first, second, build.user()):
        assert "Which opinion stands?" not in _browser(who).get(path).content.decode()
        assert _browser(who).post(f"{path}settle/", said).status_code == 403
    lead = _browser(build.user(Role.LEAD))
    assert "Which opinion stands?" in lead.get(path).content.decode()
    assert lead.post(f"{path}settle/", said).status_code == 302
    again = lead.post(f"{path}settle/", said)
    assert again.status_code == 409
    assert "no choir" in again.content.decode()


@pytest.mark.row(47)
def test_a_closed_case_offers_the_appeal_and_to_leads_the_reversal() -> None:
    decision = _decided(build.user())
    ref = decision.case.ref
    for role, reverses in ((Role.REVIEWER, False), (Role.LEAD, True)):
        page = _browser(build.user(role)).get(f"/cases/{ref}/").content.decode()
        assert f"/cases/{ref}/appeal/{decision.pk}/" in page
        assert (f"/cases/{ref}/reverse/{decision.pk}/" in page) is reverses
        assert "Scam v1" in page


def test_a_refused_appeal_keeps_the_statement() -> None:
    decision = _decided(build.user())
    browser = _browser(build.user())
    path = f"/cases/{decision.case.ref}/appeal/{decision.pk}/"
    said = {"appellant": "", "statement": f"We sing. {HOSTILE}", "key": str(build.key(1))}
    answer = browser.post(path, said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "We sing. &quot;&gt;&lt;script&gt;" in page
    assert '<details class="menu" open>' in page
    assert not Appeal.objects.exists()
    browser.post(path, said | {"appellant": "x:a1"})
    assert Appeal.objects.get().state == AppealState.WAITING
    twice = browser.post(path, said | {"appellant": "x:a2", "key": str(build.key(2))})
    assert twice.status_code == 409
    assert "An appeal against this decision waits already." in twice.content.decode()


@pytest.mark.row(47)
def test_an_appeal_shows_what_was_said_and_runs_nothing_of_it() -> None:
    decision = _decided(build.user(), reason=f"seen {HOSTILE}")
    browser = _browser(build.user())
    said = {"appellant": HOSTILE, "statement": HOSTILE, "key": str(build.key(1))}
    browser.post(f"/cases/{decision.case.ref}/appeal/{decision.pk}/", said)
    appeal = Appeal.objects.get()
    for path in ("/quality/", f"/quality/appeals/{appeal.pk}/", f"/cases/{decision.case.ref}/"):
        page = browser.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.row(47)
def test_a_change_without_a_verdict_keeps_the_ruling_and_its_reason() -> None:
    appeal = build.appeal(_decided(build.user(), questions=[Question.HARM]))
    browser = _browser(build.user())
    said = {"ruling": "changed", "reason": "too hard", "policy": "scam", "harm": LOW}
    answer = browser.post(f"/quality/appeals/{appeal.pk}/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (_chosen(page, "ruling"), _chosen(page, "harm")) == ("changed", LOW)
    assert "too hard" in page
    assert (
        browser.post(f"/quality/appeals/{appeal.pk}/", said | {"outcome": "abuse"}).status_code
        == 302
    )
    now = Decision.objects.get(replaces=appeal.decision)
    assert now.assessment == {"harm": LOW}


def test_the_list_names_to_everybody_what_they_may_still_rule_on() -> None:
    first, other = build.user(), build.user()
    appeal = build.appeal(_decided(first))
    path = f"/quality/appeals/{appeal.pk}/"
    assert path not in _browser(first).get("/quality/").content.decode()
    assert path in _browser(other).get("/quality/").content.decode()
    page = _browser(first).get(path).content.decode()
    assert "somebody else rules" in page
    assert "Rule</button>" not in page
    _browser(other).post(path, {"ruling": "upheld", "reason": "looked again"})
    assert path not in _browser(other).get("/quality/").content.decode()
    assert "looked again" in _browser(first).get(path).content.decode()


def test_a_reversal_needs_a_reason_and_happens_once() -> None:
    decision = _decided(build.user())
    lead = _browser(build.user(Role.LEAD))
    path = f"/cases/{decision.case.ref}/reverse/{decision.pk}/"
    assert lead.post(path, {"reason": " "}).status_code == 422
    assert _browser(build.user()).post(path, {"reason": "wrong"}).status_code == 403
    assert lead.post(path, {"reason": "wrong"}).status_code == 302
    assert Case.objects.get(pk=decision.case_id).state == State.OPEN
    again = lead.post(path, {"reason": "wrong"})
    assert again.status_code == 409
    assert "has already undone this decision" in again.content.decode()


def test_a_decision_of_another_case_is_neither_reversed_nor_appealed_from_here() -> None:
    decision = _decided(build.user())
    other = build.case(state=State.CLOSED)
    lead = _browser(build.user(Role.LEAD))
    lead.post(f"/cases/{other.ref}/reverse/{decision.pk}/", {"reason": "wrong"})
    said = {"appellant": "x:a1", "statement": "no", "key": str(build.key(1))}
    lead.post(f"/cases/{other.ref}/appeal/{decision.pk}/", said)
    decision.refresh_from_db()
    assert decision.undone_at is None
    assert not Appeal.objects.exists()


def test_two_authors_of_a_policy_do_not_overwrite_each_other() -> None:
    row = build.policy(text="No scams.")
    browser = _browser(build.user(Role.ADMIN))
    said = {
        "title": "Scam",
        "text": "No scams at all.",
        "harm": "2",
        "review_percent": "5",
        "review_effect": "at_once",
        "strikes": "1",
        "strike_half_life_days": "90",
        "strike_days": "365",
        "appeal_hours": "72",
        "reason": "clearer",
        "based_on": str(row.number),
    }
    assert browser.post("/settings/policies/scam/", said).status_code == 302
    stale = browser.post("/settings/policies/scam/", said | {"text": "Scams are fine."})
    assert stale.status_code == 422
    assert "Scams are fine." in stale.content.decode()
    assert [one.text for one in PolicyVersion.objects.filter(current=True)] == ["No scams at all."]
    page = _browser(build.user()).get("/settings/policies/scam/").content.decode()
    assert "Put into force" not in page
    assert _browser(build.user()).post("/settings/policies/scam/", said).status_code == 403
