"""How much disturbing evidence somebody has seen in a shift, and what they may still take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from abusedesk import env
from abusedesk.core import clock
from abusedesk.core.errors import BudgetSpentError
from abusedesk.core.models import User
from cases import policy, states
from cases.choices import Severity
from cases.models import BudgetExtension, Case, Exposure, PolicyVersion, Queue, Shift

WARNED: Final = 0.8
HEAVY: Final = Severity.HIGH  # harm of the policies whose cases wait once the budget is spent


@dataclass(frozen=True, slots=True)
class Budget:
    """Points of one shift."""

    spent: int
    limit: int

    @property
    def warned(self) -> bool:
        return self.spent >= WARNED * self.limit

    @property
    def over(self) -> bool:
        return self.spent >= self.limit


def budget_of(person: User) -> Budget:
    """Points of the shift that runs, or of today for who has no shift."""
    since = shift_start(Shift.objects.filter(user=person).first(), clock.now())
    seen = Exposure.objects.filter(user=person, at__gte=since)
    added = BudgetExtension.objects.filter(user=person, at__gte=since)
    return Budget(_points(seen), env.current().exposure_budget + _points(added))


def shift_start(shift: Shift | None, now: datetime) -> datetime:
    """When the shift of `now` began; without a shift, the day (UTC)."""
    local = now.astimezone(ZoneInfo(shift.zone if shift else "UTC"))
    minutes = shift.start_min if shift else 0
    start = local.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0)
    return start if start <= local else start - timedelta(days=1)


def heavy_cases() -> QuerySet[Case]:
    """Those that wait and are about a policy whose breaches are disturbing."""
    current = PolicyVersion.objects.filter(current=True, harm__gte=HEAVY)
    slugs = list(current.values_list("slug", flat=True))
    named = Q(labels__overlap=slugs) | Q(report_links__reason__in=slugs)
    return Case.objects.filter(named, state__in=states.WAITING)


def lighter_queues(person: User) -> QuerySet[Queue]:
    """Queues of this person without such a case."""
    return policy.queues_of(person).exclude(pk__in=heavy_cases().values("queue"))


def require_budget(person: User, *, queues: QuerySet[Queue]) -> QuerySet[Queue]:
    """Those of the queues that the person may still take from. Raises BudgetSpentError for none."""
    if not budget_of(person).over:
        return queues
    light = queues.filter(pk__in=lighter_queues(person).values("pk"))
    if not light.exists():
        raise _spent(person)
    return light


def require_budget_for(person: User, case: Case) -> None:
    """Raises BudgetSpentError for a disturbing case when the budget is spent."""
    if budget_of(person).over and heavy_cases().filter(pk=case.pk).exists():
        raise _spent(person)


def _points(rows: QuerySet[Exposure] | QuerySet[BudgetExtension]) -> int:
    return rows.aggregate(total=Sum("points"))["total"] or 0


def _spent(person: User) -> BudgetSpentError:
    names = list(lighter_queues(person).values_list("slug", flat=True))
    message = "Your exposure budget for this shift is spent. Take a break, or a lighter queue."
    return BudgetSpentError(message, lighter=names)
