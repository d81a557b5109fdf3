"""Reads what people were told, and whom they can name."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import golden, policy
from cases.habits import Habit
from cases.models import Case, Notice, NoticeHabit
from detectors.policy import STAFF

NOTICES: Final = 20


def inbox_for(viewer: User) -> QuerySet[Notice]:
    """What stands in their inbox of cases and detectors that they may see, newest first."""
    return told_for(viewer).filter(on_desk=True)


def told_for(viewer: User) -> QuerySet[Notice]:
    """The same with what they want by mail alone."""
    of_cases = golden.shown_to(viewer, "case") & Q(case__queue__in=policy.queues_of(viewer))
    seen = of_cases | Q(case=None) if viewer.role in STAFF else of_cases
    return Notice.objects.filter(seen, user=viewer).select_related("case", "actor")


def notices_for(viewer: User) -> QuerySet[Notice]:
    """What of it they have not read."""
    return inbox_for(viewer).filter(read_at=None)


def notice_by_id(notice_id: int, viewer: User) -> Notice:
    """One notice. Raises NotFoundError."""
    notice = told_for(viewer).filter(pk=notice_id).first()
    if notice is None:
        message = "There is no such notice."
        raise NotFoundError(message)
    return notice


def habit_of(viewer: User) -> Habit:
    """What they want to be told of, and when."""
    row = NoticeHabit.objects.filter(user=viewer).first()
    return row.as_habit() if row else Habit()


def colleagues_of(case: Case, viewer: User, begins: str = "") -> QuerySet[User]:
    """Whom the viewer can name in a note on this case, by name. begins: with these letters."""
    if not policy.can_see(viewer, case):
        return User.objects.none()
    people = policy.colleagues_of(case.queue)
    begins = begins.replace("\x00", "")
    return people.filter(username__istartswith=begins) if begins else people
