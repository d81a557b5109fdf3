"""Where a case stands in its queue, and which cases stand before and after it."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.db.models import Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import paging
from cases.models import Case, Queue
from cases.paging import before, behind
from cases.selectors.case import cases_for


class Place(NamedTuple):
    """number: from 1; total: cases of the queue in this state. Both exact up to `paging.COUNTED`.

    previous, following: references, empty at the ends.
    """

    number: int
    total: int
    previous: str
    following: str


NOWHERE: Final = Place(0, 0, "", "")


def place_of(case: Case, viewer: User) -> Place:
    """The place of a case among those of its queue and state that the viewer sees; one query."""
    now = clock.now()
    late, in_time = Q(due_at__lte=now), Q(due_at__gt=now)
    is_late = case.due_at <= now
    rows = cases_for(viewer).filter(queue=case.queue_id, state=case.state).order_by()
    half = late if is_late else in_time
    more_urgent = [rows.filter(half, before(case.priority, case.pk))]
    less_urgent = [rows.filter(half, behind(case.priority, case.pk))]
    # what is late stands before what is not
    if is_late:
        less_urgent.append(rows.filter(in_time))
    else:
        more_urgent.append(rows.filter(late))
    counts = [paging.counted(one) for one in (rows, *more_urgent)]
    ends = (_first_of(more_urgent, "priority", "-pk"), _first_of(less_urgent, "-priority", "pk"))
    queue = Queue.objects.filter(pk=case.queue_id).order_by()
    *numbers, previous, following = queue.values_list(*counts, *ends).get()
    # nothing is counted for who sees none of them
    total, *ahead = (number or 0 for number in numbers)
    return Place(paging.capped(sum(ahead) + 1), total, previous, following)


def _first_of(choices: list[QuerySet[Case]], *order: str) -> Coalesce:
    refs = (Subquery(rows.order_by(*order).values("ref")[:1]) for rows in choices)
    return Coalesce(*refs, Value(""))
