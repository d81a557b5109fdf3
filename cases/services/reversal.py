"""Reverses decisions long after, and puts others in their place."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from cases import claims, effects, fields, policy, states
from cases.choices import State
from cases.models import Case, Decision
from cases.services.case_test import end_case_test
from cases.services.decision import REASON_LIMIT
from cases.terms import Terms
from detectors.choices import Outcome


@transaction.atomic
def reverse_decision(*, actor: User, decision: Decision, reason: str) -> Decision:
    """Take back all that the decision set off, whatever became of its case since.

    A case that it closed goes back for review; one that went on is left alone.
    Raises ForbiddenError, InvalidError, or ConflictError when it was undone already.
    """
    policy.require(actor, "decision.reverse", decision.case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    case, decision, closing = _locked(decision)
    cancelled = effects.take_back(decision, actor=actor, reason=reason)
    if closing:
        states.transition(case, to=State.OPEN)
        case.due_at = clock.now() + timedelta(hours=case.queue.sla_hours)
        case.save()
        end_case_test(case=case)
    _tell_reversed(decision, actor, reason, cancelled)
    return decision


@transaction.atomic
def replace_decision(
    *, actor: User, decision: Decision, outcome: Outcome, reason: str, terms: Terms, key: UUID
) -> Decision | None:
    """Reverse a decision and put another in its place; the case stays closed.

    The caller has checked `terms`, and that `actor` may. None when the case has gone on since: then
    what comes of it is for who has it now. Raises InvalidError or ConflictError.
    """
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    case, decision, closing = _locked(decision)
    cancelled = effects.take_back(decision, actor=actor, reason=reason)
    following = None
    if closing:
        following = Decision(
            case=case,
            actor=actor,
            outcome=outcome,
            reason=reason,
            key=key,
            before=decision.before,
            replaces=decision,
        )
        effects.write(following, terms)
        states.touch(case)
        case.save()
        effects.set_off(following)
        if outcome != Outcome.ABUSE:
            end_case_test(case=case)
    _tell_reversed(decision, actor, reason, cancelled)
    if following is not None:
        effects.tell_decided(following)
    return following


def _locked(decision: Decision) -> tuple[Case, Decision, bool]:
    """Case and decision as they are now, and whether the decision is what closed the case."""
    case = claims.lock(decision.case)
    now = Decision.objects.select_related("actor", "undone_by", "policy_version")
    decision = now.get(pk=decision.pk)
    decision.case = case
    if decision.undone_at is not None:
        message = f"{decision.undone_by} has already undone this decision."
        raise ConflictError(message, by=str(decision.undone_by))
    later = case.decisions.filter(pk__gt=decision.pk, undone_at=None)
    return case, decision, case.state == State.CLOSED and not later.exists()


def _tell_reversed(decision: Decision, actor: User, reason: str, cancelled: list[str]) -> None:
    outcome = Outcome(decision.outcome)
    audit.append(
        actor=actor,
        verb=Verb.CASE_REVERSED,
        target=decision.case,
        decision=decision.pk,
        decider=str(decision.actor),
        outcome=outcome.value,
        outcome_label=outcome.label,
        reason=reason,
    )
    effects.tell_cancelled(cancelled, case=decision.case, actor=actor)
