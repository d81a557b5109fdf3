"""Decisions on many accounts that are in force only once a second person agrees."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Role, Scope, User
from cases import queue
from cases.choices import ActionKind, Effect
from cases.models import Case, Decision, Delivery, Strike, Webhook
from cases.services.decision import undo_decision
from cases.services.review import give_opinion, settle_review
from cases.terms import Act, Terms
from detectors.choices import Outcome
from detectors.models import Verdict
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


def _held(first: User, effect: Effect = Effect.AGREED, **said: Any) -> tuple[Case, Decision]:
    """A decision that terminates three accounts where two may be without a second look."""
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    under = build.policy(review_effect=effect, **{"review_over": 2, **said})
    _, case = build.opened()
    acts = [Act(account, ActionKind.TERMINATE) for account in build.accounts(3)]
    return case, build.decided(first, case, terms=Terms(policy=under, actions=acts))


def _set_off() -> tuple[int, int, int]:
    return Verdict.objects.count(), Strike.objects.count(), Delivery.objects.count()


def _second(decision: Decision, outcome: Outcome, who: User | None = None) -> None:
    terms = Terms(policy=decision.policy_version)
    give_opinion(
        actor=who or build.user(),
        review=decision.second_review,
        outcome=outcome,
        reason="I think",
        terms=terms,
    )


@pytest.mark.row(45)
def test_nothing_leaves_before_the_second_person_agrees() -> None:
    case, decision = _held(build.user())
    assert _set_off() == (0, 0, 0)
    _second(decision, Outcome.ABUSE)
    assert _set_off() == (1, 3, 1)
    decision.refresh_from_db()
    assert decision.held is False
    assert build.verbs(case)[-2:] == ["review.given", "case.in_force"]


def test_who_decides_may_ask_for_a_second_opinion_before_anything_leaves() -> None:
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    _, case = build.opened()
    decision = build.decided(build.user(), case, asks_second=True)
    assert (decision.second_review.why, decision.held) == ("asked", True)
    assert _set_off() == (0, 0, 0)
    _second(decision, Outcome.ABUSE)
    assert _set_off() == (1, 0, 1)


def test_over_rest_a_decision_asks_for_it_too() -> None:
    rita = build.user()
    _, case = build.opened()
    held = queue.claim(actor=rita, case=case)
    said = {
        "claim_id": str(held.claim_id),
        "outcome": "abuse",
        "reason": "seen",
        "key": str(build.key(99)),
        "asks_second": True,
    }
    program = Client(headers=make.bearer(Scope.REVIEW, user=rita))
    answer = program.post(f"/api/v1/cases/{case.ref}/decide/", said, "application/json")
    assert (answer.status_code, answer.json()["held"]) == (201, True)


def test_where_the_policy_does_not_say_so_it_is_in_force_at_once() -> None:
    _, decision = _held(build.user(), Effect.AT_ONCE)
    assert _set_off() == (1, 3, 1)
    _second(decision, Outcome.ABUSE)
    assert _set_off() == (1, 3, 1)


def test_what_is_drawn_by_lot_does_not_wait() -> None:
    _, decision = _held(build.user(), review_over=3, review_percent=100)
    assert decision.second_review.why == "sample"
    assert _set_off() == (1, 3, 1)


@pytest.mark.parametrize(("first", "left"), [(True, (1, 3, 1)), (False, (1, 0, 1))])
def test_a_lead_who_settles_puts_one_of_the_two_into_force(
    first: bool, left: tuple[int, int, int]
) -> None:
    _, decision = _held(build.user())
    _second(decision, Outcome.NO_ABUSE)
    assert _set_off() == (0, 0, 0)
    settle_review(
        actor=build.user(Role.LEAD),
        review=decision.second_review,
        first=first,
        reason="as I see it",
        key=build.key(7_001),
    )
    assert _set_off() == left
    outcome = Outcome.ABUSE if first else Outcome.NO_ABUSE
    assert Verdict.objects.get().outcome == outcome


def test_an_undone_decision_never_comes_into_force() -> None:
    first = build.user()
    _, decision = _held(first)
    undo_decision(actor=first, decision=decision)
    assert _set_off() == (0, 0, 0)
    decision.second_review.refresh_from_db()
    assert decision.second_review.state == "moot"


def test_who_decided_reads_that_it_waits_and_nobody_else_does() -> None:
    case, decision = _held(first := build.user())
    for person, told in ((first, True), (build.user(), False), (build.user(Role.LEAD), False)):
        browser = Client()
        browser.force_login(person)
        assert ("Not in force yet" in browser.get(f"/cases/{case.ref}/").content.decode()) is told
        program = Client(headers=make.bearer(Scope.READ, user=person))
        answer = program.get(f"/api/v1/decisions/{decision.pk}/")
        assert (answer.status_code == 200 and answer.json()["held"]) is told


def test_a_policy_knows_two_ways_only() -> None:
    with pytest.raises(InvalidError, match="at_once, agreed"):
        build.policy(review_effect="later")
