"""Hands cases to people: by load, skill and shift, in queues that ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import notices, states
from cases.choices import Assign, NoticeKind, State
from cases.models import Case, Queue, Shift
from cases.opening import one_at_a_time
from cases.policy import PERMISSIONS

FIELDS: Final = ("assignee", "assigned_by", "assigned_at")
CAPACITY: Final = 20  # of who has no shift of their own
AT_ONCE: Final = 50  # cases of one sweep
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Hand:
    """Somebody who could take a case now. load: cases that wait for them; last: the newest gift."""

    user: User
    load: int
    capacity: int
    last: datetime


def hand_out(case: Case) -> User | None:
    """Give the case (not saved) to the least loaded person who is there and can do it."""
    if case.queue.assign != Assign.AUTO or case.state != State.OPEN:
        return None
    return _give(case, hands_of(case.queue))


def tell(case: Case) -> None:
    """Timeline and notice of a case that the desk has just handed out."""
    if case.assignee is not None and case.assigned_by_id is None:
        notices.give(case, NoticeKind.ASSIGNED, [case.assignee])
        audit.append(actor=None, verb=Verb.CASE_ASSIGNED, target=case, assignee=str(case.assignee))


def spread(limit: int = AT_ONCE) -> int:
    """Take cases from who has left, and hand out what waits. Returns how many moved."""
    moved = 0
    for queue in Queue.objects.filter(assign=Assign.AUTO):
        moved += _take_back(queue, limit)
        moved += _hand_out_waiting(queue, limit)
    return moved


def hands_of(queue: Queue) -> list[Hand]:
    """Who could take a case of this queue now, however loaded."""
    now = clock.now()
    people = _people_of(queue).annotate(
        load=Count("assigned", filter=Q(assigned__state__in=states.WAITING)),
        last=Max("assigned__assigned_at"),
    )
    shifts = {one.user_id: one for one in Shift.objects.filter(user__in=people.values("pk"))}
    return [
        Hand(person, person.load, shift.capacity if shift else CAPACITY, person.last or EVER)
        for person in people
        if _fits(shift := shifts.get(person.pk), queue, now)
    ]


def on_shift(shift: Shift, now: datetime) -> bool:
    """Whether the shift runs; one over midnight belongs to the day on which it began."""
    if shift.away_until is not None and shift.away_until > now:
        return False
    local = now.astimezone(ZoneInfo(shift.zone))
    minute, today = local.hour * 60 + local.minute, local.weekday()
    start, end = shift.start_min, shift.end_min
    if start < end:
        return today in shift.days and start <= minute < end
    if start == end:
        return today in shift.days
    yesterday = (today - 1) % 7
    return (today in shift.days and minute >= start) or (yesterday in shift.days and minute < end)


def words_of(shift: Shift) -> str:
    """`Mon, Tue 09:00 to 17:00 UTC, at most 20 cases, skills german`."""
    days = ", ".join(DAYS[day] for day in shift.days) or "no day"
    start, end = (f"{at // 60:02}:{at % 60:02}" for at in (shift.start_min, shift.end_min))
    hours = "all day" if start == end else f"{start} to {end} {shift.zone}"
    skills = f", skills {', '.join(shift.skills)}" if shift.skills else ""
    return f"{days} {hours}, at most {shift.capacity} cases{skills}"


def _fits(shift: Shift | None, queue: Queue, now: datetime) -> bool:
    if shift is None:
        return not queue.skill
    return (not queue.skill or queue.skill in shift.skills) and on_shift(shift, now)


def _people_of(queue: Queue) -> QuerySet[User]:
    """Who may claim here, by role or by name; admins only when they are named."""
    named = queue.people.values("pk")
    return User.objects.filter(
        Q(role__in=queue.roles) | Q(pk__in=named),
        is_active=True,
        role__in=PERMISSIONS["case.claim"],
    )


def _give(case: Case, hands: list[Hand]) -> User | None:
    free = [one for one in hands if one.load < one.capacity]
    if not free:
        return None
    chosen = min(free, key=lambda one: (one.load, one.last, one.user.pk))
    case.assignee, case.assigned_by, case.assigned_at = chosen.user, None, clock.now()
    chosen.load += 1
    chosen.last = case.assigned_at
    return chosen.user


@transaction.atomic
def _hand_out_waiting(queue: Queue, limit: int) -> int:
    """What came while nobody was there or everybody was full, the most urgent first."""
    if not _unheld(queue).filter(assignee=None).exists():
        return 0
    one_at_a_time()
    hands = hands_of(queue)
    room = sum(max(0, one.capacity - one.load) for one in hands)
    rows = _locked(_unheld(queue).filter(assignee=None), min(limit, room))
    given = [case for case in rows if _give(case, hands)]
    for case in given:
        case.save(update_fields=FIELDS)
    for case in given:
        tell(case)
    return len(given)


@transaction.atomic
def _take_back(queue: Queue, limit: int) -> int:
    """Free what the desk gave to people whose shift is over or who may not see it any more."""
    given = _unheld(queue).filter(assignee__isnull=False, assigned_by=None)
    if not given.exists():
        return 0
    there = [one.user.pk for one in hands_of(queue)]
    rows = _locked(given.exclude(assignee__in=there).select_related("assignee"), limit)
    was = {case.pk: str(case.assignee) for case in rows}
    for case in rows:
        case.assignee = case.assigned_at = None
        case.save(update_fields=FIELDS)
    for case in rows:
        audit.append(
            actor=None,
            verb=Verb.CASE_UNASSIGNED,
            target=case,
            was=was[case.pk],
            why="they are not there",
        )
    return len(rows)


def _unheld(queue: Queue) -> QuerySet[Case]:
    """Open cases of the queue that nobody works on."""
    free = Q(claim_expires_at=None) | Q(claim_expires_at__lte=clock.now())
    return Case.objects.filter(free, queue=queue, state=State.OPEN, only_for=None)


def _locked(cases: QuerySet[Case], most: int) -> list[Case]:
    rows = cases.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return list(rows.order_by("-priority", "pk")[: max(0, most)])
