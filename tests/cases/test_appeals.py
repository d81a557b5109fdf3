"""Appeals: who may hand one in, who rules, and what a ruling does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import Role, Scope, User
from cases.choices import ActionKind, AppealState, DeliveryKind, DeliveryState, State
from cases.models import Appeal, Case, Decision, Delivery, Strike, Webhook
from cases.selectors.appeal import appeals_for, waiting_appeals_for
from cases.services.appeal import open_appeal, rule_appeal
from cases.services.case import reopen_case
from cases.services.decision import undo_decision
from cases.services.review import give_opinion, settle_review
from cases.terms import Act, Terms
from detectors.choices import Outcome
from detectors.models import Verdict
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


def _rule(who: User, appeal: Appeal, ruling: AppealState = AppealState.UPHELD) -> Appeal:
    return rule_appeal(actor=who, appeal=appeal, ruling=ruling, reason="looked again")


def _decided(first: User, **said: Any) -> Decision:
    under = build.policy(**said)
    _, case = build.opened()
    acts = [Act("x:a1", ActionKind.SUSPEND, days=7)]
    return build.decided(first, case, terms=Terms(policy=under, actions=acts))


@pytest.mark.row(47)
def test_an_appeal_never_goes_to_who_decided() -> None:
    first, other = build.user(Role.ADMIN), build.user()
    appeal = build.appeal(_decided(first))
    assert not waiting_appeals_for(first).exists()
    assert list(waiting_appeals_for(other)) == [appeal]
    with pytest.raises(ForbiddenError, match="had a part"):
        _rule(first, appeal)
    assert _rule(other, appeal).state == AppealState.UPHELD


@pytest.mark.row(47)
def test_nor_to_who_gave_the_second_opinion_settled_or_ruled_before() -> None:
    decision = _decided(build.user(), review_percent=100)
    second, lead, ruler = build.user(), build.user(Role.LEAD), build.user()
    review = decision.second_review
    give_opinion(actor=second, review=review, outcome=Outcome.UNSURE, reason="r")
    settle_review(actor=lead, review=review, first=True, reason="r", key=build.key(7))
    _rule(ruler, build.appeal(decision))
    again = build.appeal(decision)
    for who in (second, lead, ruler):
        assert not waiting_appeals_for(who).exists()
        with pytest.raises(ForbiddenError, match="had a part"):
            _rule(who, again)
    assert list(waiting_appeals_for(build.user())) == [again]


@pytest.mark.row(47)
def test_the_original_reviewer_is_refused_by_page_and_by_rest() -> None:
    first = build.user()
    appeal = build.appeal(_decided(first))
    said = {"ruling": "upheld", "reason": "mine"}
    browser = Client()
    browser.force_login(first)
    assert browser.post(f"/quality/appeals/{appeal.pk}/", said).status_code == 403
    program = Client(headers=make.bearer(Scope.REVIEW, user=first))
    path = f"/api/v1/appeals/{appeal.pk}/rule/"
    assert program.post(path, json.dumps(said), "application/json").status_code == 403
    appeal.refresh_from_db()
    assert appeal.state == AppealState.WAITING


@pytest.mark.row(47)
def test_an_overturn_sends_reversals_and_takes_strikes_and_actions_back() -> None:
    Webhook.objects.create(url="https://hooks.example/in", secret="s" * 20)
    decision = _decided(build.user())
    Delivery.objects.update(state=DeliveryState.SENT, attempts=1)
    ruler = build.user()
    _rule(ruler, build.appeal(decision), AppealState.OVERTURNED)
    reversal = Delivery.objects.get(kind=DeliveryKind.REVERSAL)
    body = json.loads(reversal.body)
    assert body["reverses"] == Delivery.objects.get(decision=decision, kind="decision").pk
    assert body["actions"][0]["entity"] == "account:x:a1"
    assert body["policy"] == {"slug": "scam", "version": 1}
    assert not Strike.objects.filter(withdrawn_at=None).exists()
    assert not decision.actions.filter(reversed_at=None).exists()
    now = Decision.objects.get(replaces=decision)
    assert (now.outcome, now.actor, now.undone_at) == (Outcome.NO_ABUSE, ruler, None)
    assert Case.objects.get(pk=decision.case_id).state == State.CLOSED
    assert Verdict.objects.get(withdrawn_at=None).outcome == Outcome.NO_ABUSE
    assert build.verbs(decision.case)[-3:] == ["case.reversed", "case.decided", "appeal.ruled"]


def test_a_change_puts_other_actions_in_place() -> None:
    decision = _decided(build.user())
    acts = [Act("x:a1", ActionKind.WARN)]
    rule_appeal(
        actor=build.user(),
        appeal=build.appeal(decision),
        ruling=AppealState.CHANGED,
        reason="too hard",
        outcome=Outcome.ABUSE,
        terms=Terms(policy=decision.policy_version, actions=acts),
    )
    now = Decision.objects.get(replaces=decision)
    assert [(one.value, one.kind) for one in now.actions.all()] == [("x:a1", "warn")]
    assert [one.decision for one in Strike.objects.filter(withdrawn_at=None)] == [now]


def test_a_change_says_to_what() -> None:
    appeal = build.appeal(_decided(build.user()))
    with pytest.raises(InvalidError) as refusal:
        _rule(build.user(), appeal, AppealState.CHANGED)
    assert refusal.value.field == "outcome"
    with pytest.raises(InvalidError) as refusal:
        _rule(build.user(), appeal, AppealState.WAITING)
    assert refusal.value.field == "ruling"


def test_an_overturn_leaves_a_case_alone_that_has_gone_on() -> None:
    decision = _decided(build.user())
    appeal = build.appeal(decision)
    lead = build.user(Role.LEAD)
    reopen_case(actor=lead, case=decision.case, reason="new evidence")
    _rule(build.user(), appeal, AppealState.OVERTURNED)
    decision.refresh_from_db()
    assert decision.undone_at is not None
    assert Case.objects.get(pk=decision.case_id).state == State.OPEN
    assert Decision.objects.count() == 1


def test_an_appeal_keeps_the_clock_of_its_policy() -> None:
    decision = _decided(build.user(), appeal_hours=10)
    build.policy(appeal_hours=1)
    left = build.appeal(decision).due_at - clock.now()
    assert 9 * 3_600 < left.total_seconds() <= 10 * 3_600


def test_the_same_appeal_twice_is_one_and_another_waits_for_its_end() -> None:
    decision, sender = _decided(build.user()), build.user(Role.INTEGRATION)
    first = build.appeal(decision, actor=sender, key_=build.key(1))
    assert build.appeal(decision, actor=sender, key_=build.key(1)) == first
    with pytest.raises(ConflictError, match="waits already"):
        build.appeal(decision)
    with pytest.raises(InvalidError, match="another appeal"):
        build.appeal(decision, key_=build.key(1))


def test_nobody_appeals_against_what_was_taken_back() -> None:
    decision = _decided(first := build.user())
    undo_decision(actor=first, decision=decision)
    with pytest.raises(ConflictError, match="taken back"):
        build.appeal(decision)


def test_an_undo_makes_an_appeal_moot() -> None:
    decision = _decided(first := build.user())
    appeal = build.appeal(decision)
    undo_decision(actor=first, decision=decision)
    appeal.refresh_from_db()
    assert appeal.state == AppealState.MOOT
    with pytest.raises(ConflictError, match="taken back"):
        _rule(build.user(), appeal)


def test_the_second_look_comes_before_the_appeal() -> None:
    decision = _decided(build.user(), review_percent=100)
    appeal = build.appeal(decision)
    who = build.user()
    assert not appeals_for(who).exists()
    with pytest.raises(ConflictError, match="comes first"):
        _rule(who, appeal)
    review = decision.second_review
    terms = Terms(policy=decision.policy_version)
    give_opinion(actor=build.user(), review=review, outcome=Outcome.ABUSE, reason="r", terms=terms)
    assert list(waiting_appeals_for(who)) == [appeal]


def test_an_integration_hands_appeals_in_and_sees_its_own() -> None:
    decision = _decided(build.user())
    sender = build.user(Role.INTEGRATION)
    client = Client(headers=make.bearer(Scope.REVIEW, Scope.READ, user=sender))
    said = {
        "decision": decision.pk,
        "appellant": "x:a1",
        "statement": "We are a choir.",
        "key": str(build.key(3)),
    }
    for _ in range(2):
        answer = client.post("/api/v1/appeals/", json.dumps(said), "application/json")
        assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "waiting"
    build.appeal(_decided(build.user(), strikes=2))
    assert [one["id"] for one in client.get("/api/v1/appeals/").json()["results"]] == [
        answer.json()["id"]
    ]
    _rule(build.user(), Appeal.objects.get(pk=answer.json()["id"]), AppealState.OVERTURNED)
    told = client.get(f"/api/v1/appeals/{answer.json()['id']}/").json()
    assert (told["state"], told["ruled_by"]) == ("overturned", None)


def test_a_partner_hands_in_nothing() -> None:
    decision = _decided(build.user())
    with pytest.raises(NotFoundError):
        open_appeal(
            actor=build.user(Role.PARTNER),
            decision=decision,
            appellant="x:a1",
            statement="no",
            key=build.key(1),
        )
    assert not Appeal.objects.exists()


def test_eight_rulings_at_once_are_one(transactional_db: None) -> None:
    appeal = build.appeal(_decided(build.user()))
    people = [build.user() for _ in range(8)]

    def rule(place: int) -> bool:
        try:
            _rule(people[place], appeal, AppealState.OVERTURNED)
        except ConflictError:
            return False
        return True

    assert build.at_once(8, rule).count(True) == 1
    assert Decision.objects.count() == 2
