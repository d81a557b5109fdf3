"""Closes cases with a decision, and takes decisions back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, User
from cases import claims, effects, fields, policy, states
from cases import terms as structured
from cases.choices import State
from cases.models import Case, Decision
from cases.services.case_test import end_case_test
from cases.terms import NO_TERMS, Terms
from cases.timeline import last_change_of
from detectors.choices import Outcome

REASON_LIMIT: Final = 5_000
CLAIM_BACK: Final = timedelta(minutes=10)


@transaction.atomic
def record_decision(
    *,
    actor: User,
    case: Case,
    claim_id: UUID,
    outcome: Outcome,
    reason: str,
    key: UUID,
    terms: Terms = NO_TERMS,
    held: bool = False,
    asks_second: bool = False,
    timed: bool = True,
) -> Decision:
    """Close `case` with one outcome. The same `key` again returns the first decision.

    held: nothing of it is in force until a second person agrees; asks_second: the same, because
    `actor` asks for it. timed: the time since the claim says how long somebody worked on it.
    Raises ForbiddenError, InvalidError, IllegalTransitionError or ClaimLostError.
    """
    policy.require(actor, "case.decide", case)
    outcome = structured.outcome_of(outcome)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    case = claims.lock(case)
    if first := _same_key(key, actor, case):
        return first
    states.check(case, to=State.CLOSED)
    if case.state == State.ESCALATED:
        policy.require(actor, "case.claim_escalated", case)
    claims.require_claim(case, actor, claim_id)
    structured.check(terms, case=case, outcome=outcome)
    decision = Decision(
        case=case,
        actor=actor,
        outcome=outcome,
        reason=reason,
        key=key,
        before=_snapshot(case),
        seconds=_handling_seconds(case, actor) if timed else None,
    )
    effects.write(decision, terms)
    _close(case)
    effects.begin(decision, held=held, asks=asks_second)
    effects.tell_decided(decision)
    return decision


@transaction.atomic
def undo_decision(*, actor: User, decision: Decision, reclaim: bool = True) -> Case:
    """Put the case back where it was, and take back what the decision set off.

    reclaim: a decision that was just made gives `actor` the claim again.
    Raises ForbiddenError, or ConflictError that says who changed what since.
    """
    case = decision.case
    policy.require(actor, "case.undo", case)
    if decision.actor_id != actor.pk and not policy.allowed(actor, "case.undo_others"):
        message = f"Only {decision.actor}, a lead or an admin can undo this decision."
        raise ForbiddenError(message)
    case = claims.lock(case)
    decision = Decision.objects.select_related("actor", "undone_by").get(pk=decision.pk)
    _require_unchanged(case, decision)
    _put_back(case, decision.before)
    if reclaim and clock.now() - decision.created_at <= CLAIM_BACK:
        claims.give(case, actor)
    case.save()
    cancelled = effects.take_back(decision, actor=actor)
    end_case_test(case=case)
    outcome = Outcome(decision.outcome)
    audit.append(
        actor=actor,
        verb=Verb.CASE_UNDONE,
        target=case,
        decision=decision.pk,
        decider=str(decision.actor),
        outcome=outcome.value,
        outcome_label=outcome.label,
    )
    effects.tell_cancelled(cancelled, case=case, actor=actor)
    return case


def _same_key(key: UUID, actor: User, case: Case) -> Decision | None:
    """The decision that this key already made; call under the case's lock."""
    first = Decision.objects.filter(key=key).first()
    if first is not None and (first.case_id, first.actor_id) != (case.pk, actor.pk):
        message = "This key belongs to another decision."
        raise InvalidError(message, field="key")
    return first


def _close(case: Case) -> None:
    states.transition(case, to=State.CLOSED)
    case.new_hits, case.regressed = 0, False
    claims.drop(case)
    case.save()


def _snapshot(case: Case) -> dict[str, Any]:
    return {
        "state": str(case.state),
        "queue": case.queue_id,
        "hits": case.hits,
        "new_hits": case.new_hits,
        "regressed": case.regressed,
        "due_at": case.due_at.isoformat(),
        "version": case.version,
    }


def _handling_seconds(case: Case, actor: User) -> int | None:
    """Seconds since this person claimed the case."""
    claimed = (
        AuditEntry.objects.filter(
            target_type="case",
            target_id=str(case.pk),
            actor=actor,
            verb__in=(Verb.CASE_CLAIMED, Verb.CASE_TAKEN_OVER),
        )
        .order_by("-id")
        .first()
    )
    return int((clock.now() - claimed.at).total_seconds()) if claimed else None


def _require_unchanged(case: Case, decision: Decision) -> None:
    if decision.undone_at is not None:
        message = f"{decision.undone_by} has already undone this decision."
        raise ConflictError(message, by=str(decision.undone_by))
    later = (
        case.decisions.filter(pk__gt=decision.pk, undone_at=None).select_related("actor").first()
    )
    if later is not None:
        message = f"{later.actor} has decided {case.ref} again since."
        raise ConflictError(message, by=str(later.actor))
    if case.state != State.CLOSED:
        changed = last_change_of(case)
        message = f"{case.ref} has changed since: {changed}."
        raise ConflictError(message, what=changed)


def _put_back(case: Case, before: dict[str, Any]) -> None:
    """Restore what the decision changed; evidence that came meanwhile stays counted."""
    arrived = max(0, case.hits - before["hits"])
    states.transition(case, to=State(before["state"]))
    case.queue_id = before["queue"]
    case.new_hits = before["new_hits"] + arrived
    case.regressed = before["regressed"]
    case.due_at = datetime.fromisoformat(before["due_at"])
