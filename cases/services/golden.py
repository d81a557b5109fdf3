"""Marks closed cases as golden, takes them out again, and notes who has seen the own results."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import claims, fields, golden, policy
from cases.choices import State
from cases.models import Case, GoldenCheck, GoldenItem, PolicyVersion
from detectors.choices import Outcome

REASON_LIMIT: Final = 5_000
DAYS_MOST: Final = 365
DAYS: Final = 90


@transaction.atomic
def mark_golden(
    *,
    actor: User,
    case: Case,
    outcome: Outcome,
    reason: str,
    under: PolicyVersion | None = None,
    days: int = DAYS,
) -> GoldenItem:
    """Vouch for the answer of a closed case; for so many days reviewers are checked with it.

    Raises ForbiddenError, InvalidError, or ConflictError for a case that is open or marked.
    """
    policy.require(actor, "golden.save", case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    if not 1 <= days <= DAYS_MOST:
        message = f"Choose 1 to {DAYS_MOST} days."
        raise InvalidError(message, field="days")
    case = claims.lock(case)
    if case.state != State.CLOSED or golden.is_check(case):
        message = f"{case.ref} is not closed; only what is settled has a known answer."
        raise ConflictError(message, field="case")
    if GoldenItem.objects.filter(case=case).exists():
        message = f"{case.ref} is in the golden set already."
        raise ConflictError(message, field="case")
    item = GoldenItem.objects.create(
        case=case,
        outcome=outcome,
        policy_version=under,
        reason=reason,
        marked_by=actor,
        expires_at=clock.now() + timedelta(days=days),
    )
    audit.append(
        actor=actor,
        verb=Verb.GOLDEN_MARKED,
        target=item,
        ref=case.ref,
        outcome=outcome,
        outcome_label=Outcome(outcome).label,
        reason=reason,
    )
    return item


@transaction.atomic
def retire_golden(*, actor: User, item: GoldenItem) -> GoldenItem:
    """From now on nobody is checked with it; checks that nobody has opened yet go away."""
    policy.require(actor, "golden.save", item.case)
    item = GoldenItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if item.expires_at <= clock.now():
        message = f"{item.case.ref} is no longer used."
        raise ConflictError(message)
    item.expires_at = clock.now()
    item.save(update_fields=["expires_at"])
    for check in item.checks.filter(decided_at=None).select_related("case"):
        _withdraw(check)
    audit.append(actor=actor, verb=Verb.GOLDEN_RETIRED, target=item, ref=item.case.ref)
    return item


@transaction.atomic
def see_own_results(*, actor: User) -> int:
    """What has been decided is seen now, and stands. Returns how many results were new."""
    policy.require(actor, "golden.own")
    unseen = GoldenCheck.objects.filter(reviewer=actor, seen_at=None, decided_at__isnull=False)
    return unseen.update(seen_at=clock.now())


def _withdraw(check: GoldenCheck) -> None:
    """Nobody has seen the copy but in a list: it goes without a trace in the work of anybody."""
    case = claims.lock(check.case)
    if case.state != State.OPEN or case.claimed_by_id or case.visits.exists():
        return
    case.tasks.all().delete()
    check.delete()
    case.delete()
