"""Reads cases and queues; what the viewer may not see does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Aggregate, Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy, queue, states
from cases.choices import State
from cases.models import Case, Queue
from cases.search.where import at_risk

EMPTY: Final[dict[str, Any]] = {
    "open": 0, "escalated": 0, "snoozed": 0, "closed": 0, "regressed": 0, "late": 0, "at_risk": 0,
    "oldest_at": None, "newest": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueCount:
    """One queue in numbers.

    late: past its due time; at_risk: late or the last quarter runs; newest: id of the case that
    was opened last, 0 without any.
    """

    queue: Queue
    open: int
    escalated: int
    snoozed: int
    closed: int
    regressed: int
    late: int
    at_risk: int
    oldest_at: datetime | None
    newest: int

    @property
    def backlog(self) -> int:
        """Cases that wait for a person."""
        return self.open + self.escalated

    @property
    def slug(self) -> str:
        return self.queue.slug

    @property
    def title(self) -> str:
        return self.queue.title

    @property
    def sla_hours(self) -> int:
        return self.queue.sla_hours


def cases_for(viewer: User, provider: str = "") -> QuerySet[Case]:
    """Cases in the viewer's queues. provider: only those whose evidence names this AI service."""
    rows = Case.objects.filter(queue__in=policy.queues_of(viewer)).select_related("queue")
    return rows.filter(providers__contains=[provider.lower()]) if provider else rows


def case_by_ref(ref: str, viewer: User) -> Case:
    """One case. Raises NotFoundError, also for what the viewer may not see."""
    case = (
        cases_for(viewer)
        .select_related("claimed_by", "assignee", "assigned_by", "hold__created_by")
        .filter(ref=ref)
        .first()
    )
    if case is None:
        message = "There is no such case."
        raise NotFoundError(message)
    return case


def queue_page(viewer: User, queue_: Queue, state: State, provider: str = "") -> QuerySet[Case]:
    """Rows of one queue in one state: in the order of "next"; closed ones newest first."""
    rows = cases_for(viewer, provider).filter(queue=queue_, state=state)
    rows = rows.select_related("claimed_by")
    if state == State.CLOSED:
        return rows.order_by("-closed_at", "-id")
    return queue.ordered(rows, clock.now())


def queue_counts(viewer: User) -> list[QueueCount]:
    """All queues of the viewer, in their order, with what is in them; one query."""
    told = Case.objects.filter(queue=OuterRef("pk")).order_by().values("queue")
    numbers = told.annotate(numbers=JSONObject(**_numbers(clock.now()))).values("numbers")
    rows = policy.queues_of(viewer).annotate(numbers=Subquery(numbers))
    return [QueueCount(queue=one, **_read(one.numbers or EMPTY)) for one in rows]


def _numbers(now: datetime) -> dict[str, Aggregate]:
    waiting = Q(state__in=states.WAITING)
    return {
        "open": _count(Q(state=State.OPEN)),
        "escalated": _count(Q(state=State.ESCALATED)),
        "snoozed": _count(Q(state=State.SNOOZED)),
        "closed": _count(Q(state=State.CLOSED)),
        "regressed": _count(waiting & Q(regressed=True)),
        "late": _count(waiting & Q(due_at__lte=now)),
        "at_risk": _count(waiting & at_risk(now)),
        "oldest_at": Min("opened_at", filter=waiting),
        "newest": Max("pk"),
    }


def _read(numbers: dict[str, Any]) -> dict[str, Any]:
    oldest = numbers["oldest_at"]
    return {**numbers, "oldest_at": datetime.fromisoformat(oldest) if oldest else None}


def _count(condition: Q) -> Count:
    return Count("pk", filter=condition)
