"""What a decision sets off, and how all of it is taken back; building blocks for services."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import golden, protecting, reporters, sampling, strikes
from cases.choices import BENIGN, AppealState, Effect, ReviewState, ReviewWhy
from cases.facts import live_campaigns
from cases.models import Appeal, Case, Decision, EntityAction, SecondReview
from cases.services import delivery
from cases.terms import Terms
from detectors.choices import Outcome
from detectors.services.verdict import record_verdict, withdraw_verdict

BENIGN_FOR: Final = timedelta(days=30)


def decision_ref(decision: Decision) -> str:
    """The name under which detectors know a decision."""
    return f"decision-{decision.pk}"


def write(decision: Decision, terms: Terms) -> None:
    """The decision's row with its terms, which were checked."""
    decision.policy_version = terms.policy
    decision.confidence = terms.confidence
    decision.assessment = dict(terms.assessment)
    decision.save(force_insert=True)
    at = decision.created_at
    EntityAction.objects.bulk_create(
        EntityAction(
            decision=decision,
            entity_type=act.entity_type,
            value=act.value,
            kind=act.kind,
            until=at + timedelta(days=act.days) if act.days else None,
        )
        for act in terms.actions
    )


def begin(decision: Decision, *, held: bool = False, asks: bool = False) -> None:
    """Set it off, or hold it until a second person agrees, as its policy says; and ask that one.

    held: whatever its policy says. asks: who decided wants a second opinion first. What acts on a
    protected entity always waits.
    """
    if golden.is_check(decision.case):
        golden.answer(decision)
        if not asks:  # it then looks as any case does for which somebody asked
            return
    why = ReviewWhy.LARGE if held else sampling.reason_for_second_look(decision)
    if protecting.names_protected(decision):
        why, held = ReviewWhy.PROTECTED, True
    elif asks and not held:
        why, held = ReviewWhy.ASKED, True
    under = decision.policy_version
    waits = under is not None and under.review_effect == Effect.AGREED
    if held or (why == ReviewWhy.LARGE and waits):
        decision.held = True
        decision.save(update_fields=["held"])
    else:
        set_off(decision)
    if why is not None:
        SecondReview.objects.create(decision=decision, why=why)


def release(decision: Decision, *, actor: User) -> None:
    """Set off what was held; the timeline says so. Nothing where nothing was."""
    if not decision.held:
        return
    decision.held = False
    decision.save(update_fields=["held"])
    set_off(decision)
    audit.append(actor=actor, verb=Verb.CASE_IN_FORCE, target=decision.case, decision=decision.pk)
    wake("cases.deliver_actions")


def set_off(decision: Decision) -> None:
    """Teach the detectors, give strikes, owe receivers their messages; a check does none of it."""
    if golden.is_check(decision.case):
        golden.answer(decision)
        return
    outcome = Outcome(decision.outcome)
    record_verdict(
        campaigns=live_campaigns(decision.case),
        outcome=outcome,
        decision_ref=decision_ref(decision),
        expires_at=clock.now() + BENIGN_FOR if outcome in BENIGN else None,
    )
    strikes.give(decision)
    reporters.mark(decision.case)
    delivery.owe_decision(decision=decision)


def take_back(decision: Decision, *, actor: User, reason: str = "") -> list[str]:
    """Undo what `set_off` and `write` did; nothing is deleted. Returns hosts not sent to."""
    now = clock.now()
    decision.undone_at, decision.undone_by, decision.undo_reason = now, actor, reason
    decision.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    golden.forget(decision)
    withdraw_verdict(decision_ref=decision_ref(decision))
    reporters.mark(decision.case)
    decision.strikes.filter(withdrawn_at=None).update(withdrawn_at=now)
    decision.actions.filter(reversed_at=None).update(reversed_at=now)
    asked = (ReviewState.WAITING, ReviewState.DISAGREED)
    SecondReview.objects.filter(decision=decision, state__in=asked).update(state=ReviewState.MOOT)
    Appeal.objects.filter(decision=decision, state=AppealState.WAITING).update(
        state=AppealState.MOOT
    )
    return delivery.take_back(decision=decision)


def tell_decided(decision: Decision) -> None:
    """The timeline's entry; the lock on the chain comes after all writing."""
    outcome, under = Outcome(decision.outcome), decision.policy_version
    audit.append(
        actor=decision.actor,
        verb=Verb.CASE_DECIDED,
        target=decision.case,
        decision=decision.pk,
        outcome=outcome.value,
        outcome_label=f"{outcome.label}, {under}" if under else outcome.label,
        reason=decision.reason,
    )


def tell_cancelled(hosts: list[str], *, case: Case, actor: User) -> None:
    """The timeline's entries on messages that never left; then senders are woken."""
    for host in hosts:
        audit.append(actor=actor, verb=Verb.DELIVERY_CANCELLED, target=case, host=host)
    wake("cases.deliver_actions")
