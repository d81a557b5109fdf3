"""Decisions and their undo: state, claim, counters, verdicts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from abusedesk.core import clock, ids
from abusedesk.core.errors import (
    ClaimLostError,
    ConflictError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidError,
)
from abusedesk.core.models import Role, User
from cases import queue
from cases.choices import State
from cases.intake import intake
from cases.models import Case, Decision
from cases.services.case import escalate_case, reopen_case
from cases.services.decision import record_decision, undo_decision
from detectors.choices import Outcome
from detectors.models import Verdict
from tests.cases import build

pytestmark = pytest.mark.django_db


def _decide(actor: User, case: Case, held: Case, **changed: Any) -> Decision:
    values: dict[str, Any] = {
        "claim_id": held.claim_id,
        "outcome": Outcome.ABUSE,
        "reason": "the same device",
        "key": build.key(1),
    }
    return record_decision(actor=actor, case=case, **values | changed)


def test_a_decision_closes_the_case_and_frees_it() -> None:
    reviewer = build.user()
    case = build.case(new_hits=4, regressed=True)
    decision = _decide(reviewer, case, queue.claim(actor=reviewer, case=case))
    case.refresh_from_db()
    assert (case.state, case.claimed_by, case.claim_id) == (State.CLOSED, None, None)
    assert (case.new_hits, case.regressed, case.version) == (0, False, 2)
    assert case.closed_at is not None
    assert (decision.actor, decision.outcome) == (reviewer, Outcome.ABUSE)
    assert decision.reason == "the same device"
    assert decision.seconds == 0
    assert build.verbs(case) == ["case.claimed", "case.decided"]


@pytest.mark.row(40)
@pytest.mark.parametrize("reason", ["", "   ", "\n\t", "\x00", "x" * 5_001])
def test_a_reason_is_mandatory_and_has_a_limit(reason: str) -> None:
    reviewer, case = build.user(), build.case()
    held = queue.claim(actor=reviewer, case=case)
    with pytest.raises(InvalidError) as refusal:
        _decide(reviewer, case, held, reason=reason)
    assert refusal.value.field == "reason"
    assert Case.objects.get(pk=case.pk).state == State.OPEN


@pytest.mark.parametrize("reason", ["nul \x00 inside", "\ud800 alone", "ümläut \U0001f600"])
def test_any_text_can_be_a_reason(reason: str) -> None:
    reviewer, case = build.user(), build.case()
    assert _decide(reviewer, case, queue.claim(actor=reviewer, case=case), reason=reason).reason


def test_an_unknown_outcome_is_named() -> None:
    reviewer, case = build.user(), build.case()
    held = queue.claim(actor=reviewer, case=case)
    with pytest.raises(InvalidError, match="Choose an outcome"):
        _decide(reviewer, case, held, outcome="maybe")


@pytest.mark.row(35)
def test_the_same_key_twice_is_one_decision() -> None:
    reviewer, case = build.user(), build.case()
    held = queue.claim(actor=reviewer, case=case)
    first = _decide(reviewer, case, held)
    assert _decide(reviewer, case, held, reason="again") == first
    assert case.decisions.count() == 1


def test_a_key_belongs_to_one_case() -> None:
    reviewer, one, other = build.user(), build.case(), build.case()
    _decide(reviewer, one, queue.claim(actor=reviewer, case=one))
    with pytest.raises(InvalidError, match="another decision"):
        _decide(reviewer, other, queue.claim(actor=reviewer, case=other))


@pytest.mark.row(40)
def test_a_closed_case_cannot_be_decided_again() -> None:
    reviewer, case = build.user(), build.case()
    held = queue.claim(actor=reviewer, case=case)
    _decide(reviewer, case, held)
    with pytest.raises(IllegalTransitionError):
        _decide(reviewer, case, held, key=build.key(2))


def test_deciding_takes_the_claim_that_is_in_force() -> None:
    reviewer, lead, case = build.user(), build.user(Role.LEAD), build.case()
    with pytest.raises(ClaimLostError, match="has ended"):
        record_decision(
            actor=reviewer,
            case=case,
            claim_id=ids.new_uuid(),
            outcome=Outcome.ABUSE,
            reason="r",
            key=build.key(1),
        )
    held = queue.claim(actor=reviewer, case=case)
    with pytest.raises(ClaimLostError, match="elsewhere"):
        _decide(reviewer, case, held, claim_id=ids.new_uuid())
    with pytest.raises(ClaimLostError, match="claimed by"):
        _decide(lead, case, held)
    Case.objects.filter(pk=case.pk).update(claim_expires_at=clock.now())
    with pytest.raises(ClaimLostError, match="has ended"):
        _decide(reviewer, case, held)
    queue.claim(actor=lead, case=case)
    with pytest.raises(ClaimLostError, match=f"claimed by {lead} now"):
        _decide(reviewer, case, held)
    assert not case.decisions.exists()


def test_an_escalated_case_is_decided_by_a_lead() -> None:
    reviewer, lead, case = build.user(), build.user(Role.LEAD), build.case()
    escalate_case(actor=reviewer, case=case, reason="help")
    held = queue.claim(actor=lead, case=case)
    with pytest.raises(ForbiddenError):
        _decide(reviewer, case, held)
    assert _decide(lead, case, held).case.pk == case.pk


@pytest.mark.parametrize("outcome", Outcome)
def test_the_verdict_goes_back_to_the_detectors(outcome: Outcome) -> None:
    row, case = build.opened()
    decision = build.decided(build.user(), case, outcome)
    verdict = Verdict.objects.get(campaign=row)
    assert (verdict.outcome, verdict.size) == (outcome, row.size)
    assert verdict.families == ["content", "infra-hard"]
    assert verdict.decision_ref.startswith(f"decision-{decision.pk}:")
    if outcome in {Outcome.LEGITIMATE, Outcome.NO_ABUSE}:
        assert verdict.expires_at is not None
        assert timedelta(days=29) < verdict.expires_at - clock.now() <= timedelta(days=30)
    else:
        assert verdict.expires_at is None


@pytest.mark.row(35)
def test_undo_puts_everything_back() -> None:
    reviewer = build.user()
    row, case = build.opened()
    Case.objects.filter(pk=case.pk).update(new_hits=4, regressed=True)
    before = Case.objects.get(pk=case.pk)
    decision = build.decided(reviewer, case)
    after = undo_decision(actor=reviewer, decision=decision)
    for name in ("state", "queue", "hits", "new_hits", "regressed", "due_at", "closed_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.claimed_by == reviewer
    assert after.version > before.version
    decision.refresh_from_db()
    assert decision.undone_by == reviewer
    assert decision.undone_at is not None
    assert Verdict.objects.get(campaign=row).withdrawn_at is not None
    assert build.verbs(case)[-2:] == ["case.decided", "case.undone"]


def test_undo_restores_an_escalation() -> None:
    lead, case = build.user(Role.LEAD), build.case(state=State.ESCALATED)
    decision = build.decided(lead, case)
    assert undo_decision(actor=lead, decision=decision).state == State.ESCALATED


def test_after_an_undo_the_case_can_be_decided_again() -> None:
    reviewer, case = build.user(), build.case()
    first = build.decided(reviewer, case)
    undo_decision(actor=reviewer, decision=first)
    second = build.decided(reviewer, case, Outcome.NO_ABUSE)
    assert second.pk != first.pk
    assert case.decisions.count() == 2


def test_the_old_claim_does_not_work_after_an_undo() -> None:
    reviewer, case = build.user(), build.case()
    held = queue.claim(actor=reviewer, case=case)
    undo_decision(actor=reviewer, decision=_decide(reviewer, case, held))
    with pytest.raises(ClaimLostError):
        _decide(reviewer, case, held, key=build.key(2))


def test_a_late_undo_leaves_the_case_free() -> None:
    reviewer, case = build.user(), build.case()
    decision = build.decided(reviewer, case)
    Decision.objects.update(created_at=clock.now() - timedelta(minutes=11))
    decision.refresh_from_db()
    assert undo_decision(actor=reviewer, decision=decision).claimed_by is None


def test_only_the_decider_or_a_lead_undoes() -> None:
    decider, other, case = build.user(), build.user(), build.case()
    decision = build.decided(decider, case)
    with pytest.raises(ForbiddenError, match=f"Only {decider}"):
        undo_decision(actor=other, decision=decision)
    lead = build.user(Role.LEAD)
    assert undo_decision(actor=lead, decision=decision).claimed_by == lead


def test_a_second_undo_says_who_was_first() -> None:
    decider, lead, case = build.user(), build.user(Role.LEAD), build.case()
    decision = build.decided(decider, case)
    undo_decision(actor=lead, decision=decision)
    with pytest.raises(ConflictError, match=f"{lead} has already undone"):
        undo_decision(actor=decider, decision=decision)


def test_an_undo_after_a_newer_decision_says_whose() -> None:
    decider, lead, case = build.user(), build.user(Role.LEAD), build.case()
    first = build.decided(decider, case)
    reopen_case(actor=lead, case=case, reason="look again")
    with pytest.raises(ConflictError, match=rf"{lead} put the case back for review.*look again"):
        undo_decision(actor=decider, decision=first)
    build.decided(lead, case)
    with pytest.raises(ConflictError, match=f"{lead} has decided {case.ref} again"):
        undo_decision(actor=decider, decision=first)


def test_an_undo_after_new_evidence_reopened_the_case_says_so() -> None:
    decider = build.user()
    row, case = build.opened()
    decision = build.decided(decider, case)
    build.grow(row, 3)
    intake()
    with pytest.raises(ConflictError, match="abusedesk reopened the case as regressed"):
        undo_decision(actor=decider, decision=decision)


def test_evidence_that_came_after_a_benign_decision_stays_counted_after_its_undo() -> None:
    decider = build.user()
    row, case = build.opened()
    decision = build.decided(decider, case, Outcome.NO_ABUSE)
    build.grow(row, 3)
    intake()
    after = undo_decision(actor=decider, decision=decision)
    assert (after.hits, after.new_hits, after.state) == (23, 3, State.OPEN)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_in_eight_tabs_is_one_decision() -> None:
    reviewer, case = build.user(), build.case()
    held = queue.claim(actor=reviewer, case=case)
    made = build.at_once(8, lambda _: _decide(reviewer, case, held).pk)
    assert len(set(made)) == 1
    assert build.verbs(case) == ["case.claimed", "case.decided"]


@pytest.mark.django_db(transaction=True)
def test_of_eight_undos_at_once_one_succeeds() -> None:
    reviewer, case = build.user(), build.case()
    decision = build.decided(reviewer, case)

    def undo(_: int) -> bool:
        try:
            undo_decision(actor=reviewer, decision=decision)
        except ConflictError:
            return False
        return True

    assert sum(build.at_once(8, undo)) == 1
