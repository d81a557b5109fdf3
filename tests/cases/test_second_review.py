"""Second opinions: which decisions get one, blindness, agreement, disagreement."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, Scope, User
from cases import sampling
from cases.choices import ActionKind, ReviewState, ReviewWhy, State
from cases.intake import intake
from cases.models import Case, Decision, SecondReview, Strike
from cases.selectors.decision import decisions_for
from cases.selectors.precedent import precedents_of
from cases.selectors.review import disagreements_for, waiting_reviews_for
from cases.selectors.strike import standings_by_case
from cases.services.decision import undo_decision
from cases.services.review import give_opinion, settle_review
from cases.terms import Act, Terms
from cases.timeline import timeline_of
from detectors.choices import Outcome
from detectors.models import Verdict
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db

SECRET = "the-first-reason"


def _reviewed(first: User, outcome: Outcome = Outcome.ABUSE) -> tuple[Case, SecondReview]:
    """A decision of `first` that is looked at twice."""
    under = build.policy(review_percent=100)
    _, case = build.opened()
    decision = build.decided(first, case, outcome, reason=SECRET, terms=Terms(policy=under))
    return case, decision.second_review


def _opinion(who: User, review: SecondReview, outcome: Outcome = Outcome.ABUSE) -> SecondReview:
    terms = Terms(policy=review.decision.policy_version)
    return give_opinion(actor=who, review=review, outcome=outcome, reason="I think", terms=terms)


@pytest.mark.row(45)
def test_ten_percent_of_the_decisions_are_drawn() -> None:
    drawn = sum(sampling.drawn(number, 10) for number in range(20_000))
    assert 1_850 <= drawn <= 2_150  # 2,000 expected, 3.5 standard deviations


@given(number=st.integers(1, 2**63 - 1), percent=st.integers(0, 99))
def test_who_is_drawn_at_a_percentage_is_drawn_at_every_higher_one(
    number: int, percent: int
) -> None:
    assert sampling.drawn(number, percent) <= sampling.drawn(number, percent + 1)
    assert (sampling.drawn(number, 0), sampling.drawn(number, 100)) == (False, True)


def test_the_lot_cannot_be_foreseen_without_the_key(settings: object) -> None:
    before = [sampling.drawn(number, 50) for number in range(64)]
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]  # pytest-django's proxy
    assert [sampling.drawn(number, 50) for number in range(64)] != before


@pytest.mark.parametrize(("kind", "asked"), [(ActionKind.SUSPEND, True), (ActionKind.WARN, False)])
def test_a_decision_that_suspends_many_accounts_is_looked_at_twice(
    kind: ActionKind, asked: bool
) -> None:
    under = build.policy(review_over=2)
    _, case = build.opened()
    acts = [Act(account, kind) for account in build.accounts(3)]
    decision = build.decided(build.user(), case, terms=Terms(policy=under, actions=acts))
    found = SecondReview.objects.filter(decision=decision, why=ReviewWhy.LARGE)
    assert found.exists() is asked


def test_as_many_accounts_as_the_rule_allows_need_no_second_look() -> None:
    under = build.policy(review_over=3)
    _, case = build.opened()
    acts = [Act(account, ActionKind.SUSPEND) for account in build.accounts(3)]
    build.decided(build.user(), case, terms=Terms(policy=under, actions=acts))
    assert not SecondReview.objects.exists()


@pytest.mark.row(45)
def test_the_first_verdict_is_in_no_page_and_no_answer_before_the_second() -> None:
    case, review = _reviewed(first := build.user())
    for role in (Role.REVIEWER, Role.LEAD, Role.ADMIN):
        second = build.user(role)
        browser = Client()
        browser.force_login(second)
        program = Client(headers=make.bearer(Scope.READ, user=second))
        pages = [f"/cases/{case.ref}/?tab={tab}" for tab in ("summary", "timeline", "why")]
        pages += ["/quality/", f"/quality/second/{review.pk}/", "/cases/", "/"]
        answers = ["/api/v1/decisions/", f"/api/v1/cases/{case.ref}/", "/api/v1/reviews/"]
        for client, paths in ((browser, pages), (program, answers)):
            for path in paths:
                response = client.get(path)
                assert response.status_code == 200, path
                body = response.content.decode()
                assert SECRET not in body, path
                assert "decided:" not in body, path
        hidden = program.get(f"/api/v1/decisions/{review.decision_id}/")
        assert hidden.status_code == 404
    own = Client(headers=make.bearer(Scope.READ, user=first))
    assert SECRET in own.get(f"/api/v1/cases/{case.ref}/").content.decode()


def test_the_first_verdict_shows_once_the_second_is_given() -> None:
    case, review = _reviewed(build.user())
    second = build.user()
    assert not decisions_for(second).exists()
    assert "case.decided" not in [one.verb for one in timeline_of(case, second)]
    _opinion(second, review)
    assert decisions_for(second).exists()
    assert "case.decided" in [one.verb for one in timeline_of(case, second)]


def test_what_a_benign_verdict_makes_of_new_evidence_is_veiled_too() -> None:
    case, _ = _reviewed(build.user(), Outcome.NO_ABUSE)
    row = case.campaign_links.get().campaign
    build.grow(row, 2)
    intake()
    assert "case.suppressed" in build.verbs(case)
    assert "case.suppressed" not in [one.verb for one in timeline_of(case, build.user())]


def test_strikes_and_precedents_of_a_veiled_verdict_do_not_give_it_away() -> None:
    _, review = _reviewed(first := build.user())
    _, other = build.opened()  # the same accounts on the same device
    second = build.user()
    assert Strike.objects.count() == 8
    assert (standings_by_case(other, second), precedents_of(other, second)) == ([], [])
    assert len(standings_by_case(other, first)) == 8
    _opinion(second, review)
    assert len(standings_by_case(other, second)) == 8
    assert [one.decision for one in precedents_of(other, second)] == [review.decision]


@pytest.mark.row(45)
def test_nobody_gives_the_second_opinion_on_an_own_decision() -> None:
    _, review = _reviewed(first := build.user())
    assert not waiting_reviews_for(first).exists()
    with pytest.raises(ForbiddenError, match="somebody else"):
        _opinion(first, review)


def test_two_who_agree_end_the_review() -> None:
    _, review = _reviewed(build.user())
    second = build.user()
    row = _opinion(second, review)
    assert (row.state, row.reviewer, row.outcome) == (ReviewState.AGREED, second, Outcome.ABUSE)
    with pytest.raises(ConflictError, match="over"):
        _opinion(build.user(), review)


def test_the_same_verdict_under_another_policy_is_no_agreement() -> None:
    _, review = _reviewed(build.user())
    other = Terms(policy=build.policy("spam"))
    row = give_opinion(
        actor=build.user(), review=review, outcome=Outcome.ABUSE, reason="spam", terms=other
    )
    assert row.state == ReviewState.DISAGREED


def test_eight_second_persons_at_once_are_one(transactional_db: None) -> None:
    _, review = _reviewed(build.user())
    people = [build.user() for _ in range(8)]

    def give(place: int) -> bool:
        try:
            _opinion(people[place], review)
        except ConflictError:
            return False
        return True

    assert build.at_once(8, give).count(True) == 1


@pytest.mark.row(45)
def test_a_disagreement_goes_to_a_lead_who_is_neither_of_the_two() -> None:
    _, review = _reviewed(first := build.user(Role.LEAD))
    second, third, reviewer = build.user(Role.LEAD), build.user(Role.LEAD), build.user()
    _opinion(second, review, Outcome.LEGITIMATE)
    for who in (first, second, reviewer):
        assert not disagreements_for(who).exists()
        with pytest.raises(ForbiddenError):
            settle_review(actor=who, review=review, first=True, reason="r", key=build.key(7))
    assert list(disagreements_for(third)) == [review]
    row = settle_review(actor=third, review=review, first=True, reason="right", key=build.key(7))
    assert (row.state, row.settled_by) == (ReviewState.SETTLED, third)
    assert Decision.objects.get().undone_at is None


def test_a_lead_who_sides_with_the_second_puts_that_verdict_in_place() -> None:
    case, review = _reviewed(build.user())
    _opinion(build.user(), review, Outcome.LEGITIMATE)
    lead = build.user(Role.LEAD)
    settle_review(actor=lead, review=review, first=False, reason="a choir", key=build.key(7))
    now, then = Decision.objects.order_by("-pk")
    assert (now.outcome, now.actor, now.replaces) == (Outcome.LEGITIMATE, lead, then)
    assert (then.undone_by, then.undo_reason) == (lead, "a choir")
    assert Case.objects.get(pk=case.pk).state == State.CLOSED
    assert not Strike.objects.filter(withdrawn_at=None).exists()
    standing = Verdict.objects.get(withdrawn_at=None)
    assert standing.outcome == Outcome.LEGITIMATE
    verbs = build.verbs(case)
    assert verbs[-4:] == ["review.given", "case.reversed", "case.decided", "review.settled"]


def test_actions_stay_when_only_the_policy_differs() -> None:
    under = build.policy(review_percent=100)
    _, case = build.opened()
    acts = [Act("x:a1", ActionKind.SUSPEND, days=7), Act("x:a2", ActionKind.WARN)]
    first = build.decided(build.user(), case, terms=Terms(policy=under, actions=acts))
    other = Terms(policy=build.policy("spam"))
    review = first.second_review
    give_opinion(actor=build.user(), review=review, outcome=Outcome.ABUSE, reason="s", terms=other)
    lead = build.user(Role.LEAD)
    settle_review(actor=lead, review=review, first=False, reason="spam", key=build.key(7))
    now = Decision.objects.get(replaces=first)
    assert [(one.value, one.kind) for one in now.actions.all()] == [
        ("x:a1", "suspend"),
        ("x:a2", "warn"),
    ]
    assert first.actions.filter(reversed_at=None).count() == 0


def test_an_undo_ends_the_second_look() -> None:
    case, review = _reviewed(first := build.user())
    undo_decision(actor=first, decision=review.decision)
    review.refresh_from_db()
    assert review.state == ReviewState.MOOT
    with pytest.raises(ConflictError):
        _opinion(build.user(), review)
    assert "case.decided" in [one.verb for one in timeline_of(case, build.user())]


def test_a_second_opinion_acts_on_nobody() -> None:
    _, review = _reviewed(build.user())
    terms = Terms(actions=[Act("x:a1", ActionKind.WARN)])
    with pytest.raises(InvalidError, match="acts on nobody"):
        give_opinion(
            actor=build.user(), review=review, outcome=Outcome.ABUSE, reason="r", terms=terms
        )


def test_a_second_opinion_is_given_over_rest() -> None:
    case, review = _reviewed(build.user())
    second = build.user()
    client = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=second))
    listed = client.get("/api/v1/reviews/").json()["results"]
    assert [(one["id"], one["case"], one["first"]) for one in listed] == [
        (review.pk, case.ref, None)
    ]
    body = {"outcome": "abuse", "reason": "same", "policy": "scam", "confidence": 3}
    answer = client.post(f"/api/v1/reviews/{review.pk}/", json.dumps(body), "application/json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["state"], answer.json()["first"]["outcome"]) == ("agreed", "abuse")


def test_an_undo_and_a_ruling_at_once_do_not_wait_for_each_other(transactional_db: None) -> None:
    _, review = _reviewed(first := build.user())
    _opinion(build.user(), review, Outcome.LEGITIMATE)
    lead = build.user(Role.LEAD)

    def work(place: int) -> bool:
        try:
            if place:
                undo_decision(actor=first, decision=review.decision)
            else:
                settle_review(actor=lead, review=review, first=False, reason="r", key=build.key(9))
        except ConflictError:
            return False
        return True

    assert build.at_once(2, work).count(True) == 1
