"""How much disturbing evidence somebody has seen in a shift, and what they may still take."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, JSONObject

from abusedesk import env
from abusedesk.core import clock
from abusedesk.core.errors import BreakDueError, BudgetSpentError
from abusedesk.core.models import User
from cases import policy, states
from cases.budget import DISTURBING, WARNED, Budget
from cases.choices import Severity
from cases.models import Break, BudgetExtension, Case, Exposure, PolicyVersion, Queue, Shift

HEAVY: Final = Severity.HIGH  # harm of the policies whose cases wait once it is enough
COLUMNS: Final = ("shift_began", "spent", "added", "disturbing", "break_until")


def budget_of(person: User) -> Budget:
    """Points of the shift that runs, or of today (UTC) for who has no shift."""
    return budget(*budgeted(User.objects.filter(pk=person.pk)).values_list(*COLUMNS).get())


def budgeted(people: QuerySet[User]) -> QuerySet[User]:
    """People with the `COLUMNS` of their budgets."""
    now = clock.now()
    shifts = Shift.objects.filter(user=OuterRef("pk"))
    own = shifts.values(began=_shift_start(now, F("start_min"), F("zone")))
    breaks = Break.objects.filter(user=OuterRef("pk"))
    seen = Exposure.objects.all()
    return people.annotate(
        shift_began=Coalesce(Subquery(own), _shift_start(now, Value(0), Value("UTC"))),
        rested=Greatest("shift_began", Subquery(breaks.values("began_at")[:1])),
        spent=_in_shift(seen, Sum("points")),
        added=_in_shift(BudgetExtension.objects.all(), Sum("points")),
        disturbing=_in_shift(seen.filter(points__gte=DISTURBING), Count("pk"), "rested"),
        break_until=Subquery(breaks.filter(resumed_at=None, ends_at__gt=now).values("ends_at")[:1]),
    )


def budget(
    began: datetime, spent: int, added: int, disturbing: int, break_until: datetime | None
) -> Budget:
    """A budget out of its `COLUMNS`."""
    set_up = env.current()
    limit = set_up.exposure_budget + added
    return Budget(began, spent, limit, disturbing, set_up.break_after, break_until)


class Points(NamedTuple):
    """Points of the shift that runs, of how many."""

    spent: int
    limit: int

    @property
    def warned(self) -> bool:
        return self.spent >= WARNED * self.limit


def points_of(person: User) -> Subquery:
    """Spent and added points of one person as one column of another query."""
    rows = budgeted(User.objects.filter(pk=person.pk))
    return Subquery(rows.values(told=JSONObject(spent="spent", added="added")))


def points(spent: int, added: int) -> Points:
    """What such a column holds."""
    return Points(spent, env.current().exposure_budget + added)


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
    now = budget_of(person)
    if not now.stops:
        return queues
    light = queues.filter(pk__in=lighter_queues(person).values("pk"))
    if not light.exists():
        raise _enough(person, now)
    return light


def require_budget_for(person: User, case: Case) -> None:
    """Raises BudgetSpentError for a disturbing case when it is enough."""
    now = budget_of(person)
    if now.stops and heavy_cases().filter(pk=case.pk).exists():
        raise _enough(person, now)


def _shift_start(now: datetime, minutes: Combinable, zone: Combinable) -> Func:
    """When the shift that runs `now` began: so many minutes into a day of its zone, the last time.

    In words of SQL, so that one query says what somebody has seen since.
    """
    local = Func(zone, Value(now), function="timezone", output_field=DateTimeField())
    after = Func(
        minutes, template="make_interval(mins => %(expressions)s)", output_field=DurationField()
    )
    day = Func(Value("day"), local - after, function="date_trunc", output_field=DateTimeField())
    return Func(zone, day + after, function="timezone", output_field=DateTimeField())


def _in_shift(
    rows: QuerySet[Exposure] | QuerySet[BudgetExtension],
    total: Sum | Count,
    since: str = "shift_began",
) -> Coalesce:
    found = rows.filter(user=OuterRef("pk"), at__gte=OuterRef(since)).order_by()
    return Coalesce(Subquery(found.values("user").annotate(total=total).values("total")), 0)


def _enough(person: User, now: Budget) -> BudgetSpentError:
    lighter = list(lighter_queues(person).values_list("slug", flat=True))
    if now.over:
        message = "Your exposure budget for this shift is spent. Take a break, or a lighter queue."
        return BudgetSpentError(message, lighter=lighter)
    message = "A break is due after so many disturbing items. Take it, or a lighter queue."
    minutes = env.current().break_minutes
    return BreakDueError(message, lighter=lighter, minutes=minutes, until=now.break_until)
