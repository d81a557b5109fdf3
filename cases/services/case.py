"""Moves cases between states by hand and by the clock, and remembers who looked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from cases import claims, fields, lineage, policy, snoozing, states
from cases.choices import State
from cases.models import Case, CaseVisit

REASON_LIMIT: Final = 500
SNOOZE_MAX: Final = timedelta(days=90)
VISIT: Final = timedelta(minutes=5)


@transaction.atomic
def escalate_case(*, actor: User, case: Case, reason: str) -> Case:
    """Hand the case to a lead; the claim ends."""
    policy.require(actor, "case.escalate", case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    case = _moved(actor, case, State.ESCALATED)
    audit.append(actor=actor, verb=Verb.CASE_ESCALATED, target=case, reason=reason)
    return case


@transaction.atomic
def snooze_case(*, actor: User, case: Case, until: datetime, until_escalates: bool = False) -> Case:
    """Put the case away until `until`, at most 90 days; the claim ends.

    until_escalates: it also comes back when a day brings more hits than the forecast allows.
    """
    policy.require(actor, "case.snooze", case)
    if not clock.now() < until <= clock.now() + SNOOZE_MAX:
        message = f"Choose a time in the next {SNOOZE_MAX.days} days."
        raise InvalidError(message, field="until")
    case = _moved(actor, case, State.SNOOZED, until)
    snoozing.begin(case, actor, until, until_escalates=until_escalates)
    audit.append(actor=actor, verb=Verb.CASE_SNOOZED, target=case, until=until)
    return case


@transaction.atomic
def end_snooze(*, actor: User, case: Case) -> Case:
    """Bring a snoozed case back before its time: whoever put it away may, and a lead."""
    policy.require(actor, "case.snooze", case)
    case = claims.lock(case)
    if case.state != State.SNOOZED:
        message = f"{case.ref} is not snoozed any more."
        raise ConflictError(message, state=case.state)
    if not case.snoozes.filter(actor=actor, ended_at=None).exists():
        policy.require(actor, "case.reopen", case)
    states.transition(case, to=State.OPEN)
    case.save()
    snoozing.forget(case)
    audit.append(actor=actor, verb=Verb.CASE_RETURNED, target=case)
    return case


@transaction.atomic
def reopen_case(*, actor: User, case: Case, reason: str) -> Case:
    """Put an escalated, snoozed or closed case back for review.

    A decision stays as it was made; to take it back there is `undo_decision`.
    """
    policy.require(actor, "case.reopen", case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    was_closed = case.state == State.CLOSED
    case = _moved(actor, case, State.OPEN)
    if was_closed:
        states.restart_clock(case)
        case.save(update_fields=["due_at", "sla_stage"])
    audit.append(actor=actor, verb=Verb.CASE_REOPENED, target=case, reason=reason)
    return case


def return_snoozed(*, limit: int = 200) -> int:
    """Bring back cases whose snooze is over, each in its own transaction. Returns how many."""
    returned = 0
    while returned < limit and _return_one():
        returned += 1
    return returned


def record_visit(*, actor: User, case: Case) -> None:
    """Remember that `actor` looked, and how many hits there were; one audit entry in 5 minutes."""
    policy.require(actor, "case.view", case)
    now = clock.now()
    lately = CaseVisit.objects.filter(case=case, user=actor, at__gte=now - VISIT)
    if lately.update(hits=case.hits, at=now):
        return
    with transaction.atomic():
        CaseVisit.objects.bulk_create(
            [CaseVisit(case=case, user=actor, hits=case.hits, at=now)],
            update_conflicts=True,
            unique_fields=["case", "user"],
            update_fields=["hits", "at"],
        )
        audit.append(actor=actor, verb=Verb.CASE_VIEWED, target=case)


def record_report(*, actor: User, case: Case) -> None:
    """Remember that `actor` made a report of the case, which may leave the desk on paper."""
    policy.require(actor, "case.view", case)
    audit.append(actor=actor, verb=Verb.CASE_REPORT_MADE, target=case)


@transaction.atomic
def _return_one() -> bool:
    case = (
        Case.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(state=State.SNOOZED, snoozed_until__lte=clock.now())
        .order_by("snoozed_until", "id")
        .first()
    )
    if case is None:
        return False
    states.transition(case, to=State.OPEN)
    case.save()
    snoozing.end(case)
    audit.append(actor=None, verb=Verb.CASE_RETURNED, target=case)
    return True


def _moved(actor: User, case: Case, to: State, until: datetime | None = None) -> Case:
    """The case in its new state, saved, unless somebody else is working on it."""
    case = claims.lock(case)
    holder = claims.holder_of(case)
    if holder not in (None, actor) and not policy.allowed(actor, "case.take_over"):
        message = f"{case.ref} is claimed by {holder}."
        raise ForbiddenError(message, holder=str(holder))
    was_closed = case.state == State.CLOSED
    states.transition(case, to=to)
    if was_closed:
        policy.require(actor, "case.reopen", case)
    case.snoozed_until = until
    claims.drop(case)
    case.save()
    lineage.touch(case)
    return case
