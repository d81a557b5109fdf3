"""The clock of the service level: says in time that a case will be late, and what follows then."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final

from django.db import transaction
from django.db.models import Q

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from cases import claims, notices, states
from cases.choices import NoticeKind, SlaStage, State
from cases.models import Case, Queue
from cases.search.where import AT_RISK

AT_ONCE: Final = 200  # cases of one sweep
TOLD: Final = {
    SlaStage.AT_RISK: (Verb.CASE_AT_RISK, NoticeKind.AT_RISK),
    SlaStage.LATE: (Verb.CASE_LATE, NoticeKind.LATE),
}


def watch(limit: int = AT_ONCE) -> int:
    """Tell of cases that are late or soon will be, each in its own transaction, and once."""
    told = 0
    while told < limit and _tell_one():
        told += 1
    return told


@transaction.atomic
def _tell_one() -> bool:
    now = clock.now()
    due = _due(now)
    if due is None:
        return False
    case = (
        Case.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("queue", "assignee", "claimed_by")
        .filter(due, state__in=states.WAITING)
        .order_by("due_at", "pk")
        .first()
    )
    if case is None:
        return False
    stage = SlaStage.LATE if case.due_at <= now else SlaStage.AT_RISK
    case.sla_stage = stage
    escalates = _escalates(case)
    if escalates:
        states.transition(case, to=State.ESCALATED)
    case.save()
    verb, kind = TOLD[stage]
    leads = notices.leads_of(case.queue) if stage == SlaStage.LATE else []
    notices.give(case, kind, {*notices.about(case), *leads})
    audit.append(actor=None, verb=verb, target=case, due=case.due_at)
    if escalates:
        audit.append(actor=None, verb=Verb.CASE_ESCALATED, target=case, reason="It is late.")
    return True


def _due(now: datetime) -> Q | None:
    """Stages that have not been told. One condition a queue: each is a range of `case_sla`."""
    conditions = [
        Q(queue=pk, sla_stage=SlaStage.IN_TIME, due_at__lte=now + hours * AT_RISK)
        | Q(queue=pk, sla_stage=SlaStage.AT_RISK, due_at__lte=now)
        for pk, hours in Queue.objects.values_list("pk", "sla_hours")
    ]
    return reduce(or_, conditions) if conditions else None


def _escalates(case: Case) -> bool:
    """A late case that nobody works on goes to a lead, where the queue says so."""
    return (
        case.sla_stage == SlaStage.LATE
        and case.queue.escalate_late
        and case.state == State.OPEN
        and claims.holder_of(case) is None
    )
