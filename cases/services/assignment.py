"""Gives cases to people and queues by hand, and saves when people work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import available_timezones

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import assigning, claims, fields, notices, policy, states
from cases.choices import NoticeKind, SlaStage
from cases.models import Case, Queue, Shift

REASON_LIMIT: Final = 500
DAY_MIN: Final = 1440
CAPACITY_MOST: Final = 500
SKILLS_MOST: Final = 50


@transaction.atomic
def assign_case(*, actor: User, case: Case, assignee: User | None) -> Case:
    """Keep a waiting case for one person, or for nobody. Raises InvalidError."""
    policy.require(actor, "case.assign", case)
    case = claims.lock(case)
    if case.state not in states.WAITING:
        message = f"{case.ref} is {case.get_state_display().lower()}; only what waits is given."
        raise ConflictError(message, state=case.state)
    if assignee is not None and not _works_on(assignee, case):
        message = f"{assignee} may not work on this case."
        raise InvalidError(message, field="assignee")
    was = case.assignee
    case.assignee = assignee
    case.assigned_by, case.assigned_at = (actor, clock.now()) if assignee else (None, None)
    case.save(update_fields=assigning.FIELDS)
    if assignee is not None:
        notices.give(case, NoticeKind.ASSIGNED, {assignee} - {actor}, actor=actor)
        audit.append(actor=actor, verb=Verb.CASE_ASSIGNED, target=case, assignee=str(assignee))
    elif was is not None:
        audit.append(
            actor=actor, verb=Verb.CASE_UNASSIGNED, target=case, was=str(was), why="by hand"
        )
    return case


@transaction.atomic
def move_case(*, actor: User, case: Case, queue: Queue, reason: str) -> Case:
    """Put the case into another queue of the actor's; its due time follows the service level."""
    policy.require(actor, "case.move", case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    if not policy.queues_of(actor).filter(pk=queue.pk).exists():
        message = "There is no such queue."
        raise InvalidError(message, field="queue")
    case = claims.lock(case)
    was = case.queue
    if was == queue:
        message = f"{case.ref} is in {queue} already."
        raise ConflictError(message)
    case.queue = queue
    case.due_at += timedelta(hours=queue.sla_hours - was.sla_hours)
    case.sla_stage = SlaStage.IN_TIME
    case.assignee = case.assigned_by = case.assigned_at = None
    claims.drop(case)
    states.touch(case)
    case.save()
    audit.append(
        actor=actor,
        verb=Verb.CASE_MOVED,
        target=case,
        was=was.title,
        queue=queue.title,
        reason=reason,
    )
    return case


@transaction.atomic
def save_shift(
    *,
    actor: User,
    user: User,
    days: Iterable[int],
    start_min: int = 0,
    end_min: int = 0,
    zone: str = "UTC",
    capacity: int = assigning.CAPACITY,
    skills: Iterable[str] = (),
    away_until: datetime | None = None,
) -> Shift:
    """When a person takes cases that the desk hands out. Raises InvalidError."""
    policy.require(actor, "shift.save")
    values = {
        "days": _days(days),
        "start_min": _minute(start_min, "start_min"),
        "end_min": _minute(end_min, "end_min"),
        "zone": _zone(zone),
        "capacity": _capacity(capacity),
        "skills": _skills(skills),
        "away_until": away_until,
    }
    shift, _ = Shift.objects.update_or_create(user=user, defaults=values)
    audit.append(
        actor=actor,
        verb=Verb.SHIFT_SAVED,
        target=user,
        name=str(user),
        what=assigning.words_of(shift),
    )
    return shift


def _works_on(person: User, case: Case) -> bool:
    return policy.allowed(person, "case.claim") and policy.can_see(person, case)


def _days(days: Iterable[int]) -> list[int]:
    found = sorted(set(days))
    if not set(found) <= set(range(7)):
        message = "Days are 0 (Monday) to 6 (Sunday)."
        raise InvalidError(message, field="days")
    return found


def _skills(skills: Iterable[str]) -> list[str]:
    cleaned = {fields.slug(one.lower(), field="skills", limit=40) for one in skills}
    if len(cleaned) > SKILLS_MOST:
        message = f"A person has at most {SKILLS_MOST} skills."
        raise InvalidError(message, field="skills")
    return sorted(cleaned - {""})


def _minute(value: int, field: str) -> int:
    if not 0 <= value < DAY_MIN:
        message = "A time of day is 00:00 to 23:59."
        raise InvalidError(message, field=field)
    return value


def _capacity(value: int) -> int:
    if not 1 <= value <= CAPACITY_MOST:
        message = f"One to {CAPACITY_MOST} cases."
        raise InvalidError(message, field="capacity")
    return value


def _zone(name: str) -> str:
    """A name is looked up in the list, because a path would be read from the disk."""
    if name not in available_timezones():
        message = "This is no time zone; write Europe/Berlin or UTC."
        raise InvalidError(message, field="zone")
    return name
