"""The state machine: what is in the table works, all else is a 409."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from abusedesk.core import clock
from abusedesk.core.errors import ForbiddenError, IllegalTransitionError, InvalidError
from abusedesk.core.models import Role
from cases import queue, states
from cases.choices import State
from cases.models import Case, Queue
from cases.services.case import (
    escalate_case,
    record_visit,
    reopen_case,
    return_snoozed,
    snooze_case,
)
from tests.cases import build

PAIRS = list(itertools.product(State, State))
LEGAL = [(one, to) for one in State for to in sorted(states.TRANSITIONS[one])]


def test_every_state_stands_in_the_table() -> None:
    assert set(states.TRANSITIONS) == set(State)


@pytest.mark.parametrize(("state", "to"), LEGAL)
def test_a_step_of_the_table_is_taken(state: State, to: State) -> None:
    case = Case(ref="AD-1", state=state, version=3, queue=Queue(sla_pauses=False))
    states.transition(case, to=to)
    assert (case.state, case.version) == (to, 4)
    assert (case.closed_at is not None) == (to == State.CLOSED)


@pytest.mark.row(40)
@pytest.mark.parametrize(("state", "to"), [pair for pair in PAIRS if pair not in LEGAL])
def test_any_other_step_is_refused(state: State, to: State) -> None:
    case = Case(ref="AD-1", state=state)
    with pytest.raises(IllegalTransitionError, match="AD-1 is") as refusal:
        states.transition(case, to=to)
    assert refusal.value.status == 409
    assert case.state == state


@pytest.mark.django_db
def test_an_escalated_case_waits_for_a_lead() -> None:
    reviewer, lead = build.user(), build.user(Role.LEAD)
    case = build.case()
    queue.claim(actor=reviewer, case=case)
    case = escalate_case(actor=reviewer, case=case, reason="needs a lawyer")
    assert (case.state, case.claimed_by) == (State.ESCALATED, None)
    assert queue.claim_next(actor=reviewer) is None
    assert queue.claim_next(actor=lead) == case
    assert reopen_case(actor=lead, case=case, reason="clear now").state == State.OPEN
    assert build.verbs(case)[-3:] == ["case.escalated", "case.claimed", "case.reopened"]


@pytest.mark.django_db
def test_escalating_takes_a_reason() -> None:
    with pytest.raises(InvalidError) as refusal:
        escalate_case(actor=build.user(), case=build.case(), reason="  ")
    assert refusal.value.field == "reason"


@pytest.mark.django_db
@pytest.mark.row(41)
def test_a_snoozed_case_comes_back_by_itself() -> None:
    reviewer, case = build.user(), build.case()
    until = clock.now() + timedelta(days=1)
    snooze_case(actor=reviewer, case=case, until=until)
    assert queue.claim_next(actor=reviewer) is None
    assert return_snoozed() == 0
    Case.objects.filter(pk=case.pk).update(snoozed_until=clock.now() - timedelta(seconds=1))
    assert return_snoozed() == 1
    assert return_snoozed() == 0
    assert queue.claim_next(actor=reviewer) == case
    assert build.verbs(case) == ["case.snoozed", "case.returned", "case.claimed"]


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [timedelta(seconds=-1), timedelta(days=91)])
def test_a_snooze_ends_within_90_days(ahead: timedelta) -> None:
    with pytest.raises(InvalidError, match="90 days"):
        snooze_case(actor=build.user(), case=build.case(), until=clock.now() + ahead)


@pytest.mark.django_db
def test_nobody_moves_a_case_under_another_persons_hands() -> None:
    holder, other, case = build.user(), build.user(), build.case()
    queue.claim(actor=holder, case=case)
    with pytest.raises(ForbiddenError, match=str(holder)):
        escalate_case(actor=other, case=case, reason="mine")


@pytest.mark.django_db
def test_a_closed_case_that_a_lead_reopens_gets_a_new_due_time() -> None:
    lead = build.user(Role.LEAD)
    case = build.case(state=State.CLOSED, due_in=timedelta(days=-9))
    case = reopen_case(actor=lead, case=case, reason="new facts")
    assert case.state == State.OPEN
    assert case.closed_at is None
    assert case.due_at > clock.now()


@pytest.mark.django_db
def test_a_visit_is_remembered_with_the_hits_of_then() -> None:
    reviewer, case = build.user(), build.case(hits=7)
    record_visit(actor=reviewer, case=case)
    record_visit(actor=reviewer, case=case)
    assert case.visits.get().hits == 7
    assert build.verbs(case) == ["case.viewed"]
