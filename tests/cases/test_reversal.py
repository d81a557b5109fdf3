"""Reversals and precedents: decisions taken back long after, and decisions to go by."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.audit import verify
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role, Scope
from cases.choices import DeliveryKind, DeliveryState, State
from cases.models import Case, Decision, Delivery, Webhook
from cases.selectors.precedent import precedents_of
from cases.services.case import reopen_case
from cases.services.decision import undo_decision
from cases.services.reversal import reverse_decision
from cases.terms import Terms
from detectors.choices import Outcome
from detectors.models import Verdict
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


def _long_ago(decision: Decision) -> Decision:
    Decision.objects.filter(pk=decision.pk).update(created_at=clock.now() - timedelta(days=90))
    return decision


@pytest.mark.row(35)
def test_a_decision_is_reversed_months_later_and_that_is_logged() -> None:
    Webhook.objects.create(url="https://hooks.example/in", secret="s" * 20)
    _, case = build.opened()
    decision = _long_ago(build.decided(build.user(), case))
    Delivery.objects.update(state=DeliveryState.SENT, attempts=1)
    lead = build.user(Role.LEAD)
    done = reverse_decision(actor=lead, decision=decision, reason="the device was a school's")
    assert (done.undone_by, done.undo_reason) == (lead, "the device was a school's")
    assert Delivery.objects.filter(kind=DeliveryKind.REVERSAL).count() == 1
    assert Verdict.objects.get().withdrawn_at is not None
    case = Case.objects.get(pk=case.pk)
    assert case.state == State.OPEN
    assert case.due_at > clock.now()
    entry = AuditEntry.objects.get(verb="case.reversed")
    assert (entry.actor, entry.data["decision"]) == (lead, decision.pk)
    assert verify().broken is None


@pytest.mark.row(35)
def test_a_decision_is_reversed_though_its_case_went_on() -> None:
    _, case = build.opened()
    reviewer, lead = build.user(), build.user(Role.LEAD)
    first = build.decided(reviewer, case)
    reopen_case(actor=lead, case=case, reason="new evidence")
    second = build.decided(reviewer, case, Outcome.UNSURE)
    with pytest.raises(ConflictError):
        undo_decision(actor=lead, decision=first)
    reverse_decision(actor=lead, decision=first, reason="wrong")
    second.refresh_from_db()
    assert (second.undone_at, Case.objects.get(pk=case.pk).state) == (None, State.CLOSED)
    assert Verdict.objects.get(withdrawn_at=None).outcome == Outcome.UNSURE


def test_nothing_is_reversed_twice() -> None:
    _, case = build.opened()
    lead = build.user(Role.LEAD)
    decision = build.decided(build.user(), case)
    reverse_decision(actor=lead, decision=decision, reason="wrong")
    with pytest.raises(ConflictError, match="already undone"):
        reverse_decision(actor=lead, decision=decision, reason="wrong")


def test_a_reversal_takes_a_lead_and_a_reason() -> None:
    _, case = build.opened()
    decision = build.decided(reviewer := build.user(), case)
    with pytest.raises(ForbiddenError):
        reverse_decision(actor=reviewer, decision=decision, reason="wrong")
    with pytest.raises(InvalidError):
        reverse_decision(actor=build.user(Role.LEAD), decision=decision, reason=" ")
    assert Decision.objects.get().undone_at is None


def test_a_reversal_over_rest_answers_with_the_decision() -> None:
    _, case = build.opened()
    decision = build.decided(build.user(), case)
    client = Client(headers=make.bearer(Scope.REVIEW, user=build.user(Role.LEAD)))
    path = f"/api/v1/decisions/{decision.pk}/reverse/"
    answer = client.post(path, json.dumps({"reason": "wrong"}), "application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["undo_reason"] == "wrong"
    again = client.post(path, json.dumps({"reason": "wrong"}), "application/json")
    assert again.status_code == 409


def test_precedents_name_the_outcome_and_what_is_shared() -> None:
    reviewer = build.user()
    under = build.policy()
    _, near = build.opened(members=build.accounts(3))
    decision = build.decided(reviewer, near, terms=Terms(policy=under))
    far = build.finding(subjects=build.accounts(3, first=50), anchor=("device", "d-9"))
    _, other = build.opened(members=build.accounts(3, first=50), findings=[far])
    build.decided(reviewer, other, terms=Terms(policy=under))
    _, case = build.opened(members=build.accounts(2))
    (found,) = precedents_of(case, reviewer)
    assert (found.decision, found.policy) == (decision, "scam")
    assert found.shared == [("account", "x:a1"), ("account", "x:a2"), ("device", "d-1")]


def test_precedents_of_one_policy_leave_others_out() -> None:
    reviewer = build.user()
    decided = {}
    for slug in ("scam", "spam"):
        _, case = build.opened(members=build.accounts(3))
        decided[slug] = build.decided(reviewer, case, terms=Terms(policy=build.policy(slug)))
    build.policy("scam")  # a newer version is the same policy
    _, case = build.opened(members=build.accounts(3))
    assert [one.decision for one in precedents_of(case, reviewer, "scam")] == [decided["scam"]]
    assert len(precedents_of(case, reviewer)) == 2


def test_a_decision_that_was_taken_back_is_no_precedent() -> None:
    reviewer = build.user()
    _, case = build.opened(members=build.accounts(3))
    undo_decision(actor=reviewer, decision=build.decided(reviewer, case))
    _, later = build.opened(members=build.accounts(3))
    assert precedents_of(later, reviewer) == []
