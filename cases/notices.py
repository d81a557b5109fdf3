"""Tells people of events of a case; building blocks for services."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from abusedesk.core import clock, mail
from abusedesk.core.models import Role, User
from abusedesk.core.queueing import wake
from abusedesk.core.zones import zone_of
from cases import claims
from cases.choices import NoticeKind
from cases.habits import Habit
from cases.models import Case, Note, Notice, NoticeHabit, Queue


def give(
    case: Case,
    kind: NoticeKind,
    people: Iterable[User],
    *,
    actor: User | None = None,
    note: Note | None = None,
) -> None:
    """One notice for each; who has not read the last one of its kind gets no second.

    What exists for one person only is no news for others. note: each note is news of its own.
    """
    people = [one for one in people if case.only_for_id in {None, one.pk}]
    _give(people, case=case, kind=kind, actor=actor, note=note)


def give_of_detector(
    slug: str, kind: NoticeKind, people: Iterable[User], *, actor: User | None = None
) -> None:
    """One notice for each; who has not read the last one of its kind gets no second."""
    _give(people, detector=slug, kind=kind, actor=actor)


def give_of_feed(slug: str, kind: NoticeKind, people: Iterable[User]) -> None:
    """As of a detector: a notice knows it by its short name."""
    _give(people, detector=slug, kind=kind, actor=None)


def _give(people: Iterable[User], **about: Any) -> None:
    people = list(people)
    habits = habits_of(people)
    rows = [_notice(person, habits[person.pk], about) for person in people]
    rows = [row for row in rows if row.on_desk or row.mail_due_at]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    now = clock.now()
    if any(row.mail_due_at and row.mail_due_at <= now for row in rows):
        wake("cases.mail_notices")


def _notice(person: User, habit: Habit, about: Mapping[str, Any]) -> Notice:
    """One notice on the ways that this person wants; on none of them it is not to be kept."""
    mailed = mail.wanted_by(person) and habit.by_mail(about["kind"])
    due = habit.due_at(clock.now(), zone_of(person)) if mailed else None
    return Notice(user=person, on_desk=habit.on_desk(about["kind"]), mail_due_at=due, **about)


def habits_of(people: Collection[User]) -> dict[int, Habit]:
    """Id of a person -> what they want; everybody has an entry."""
    rows = NoticeHabit.objects.filter(user__in=people) if people else ()
    chosen = {row.user_id: row.as_habit() for row in rows}
    return {person.pk: chosen.get(person.pk, Habit()) for person in people}


def about(case: Case) -> list[User]:
    """Whose matter the case is: who holds it or was given it, else the leads."""
    owner = claims.holder_of(case) or case.assignee
    return [owner] if owner is not None else leads_of(case.queue)


def leads_of(queue: Queue) -> list[User]:
    """Leads who see the queue; without any, the admins."""
    people = User.objects.filter(is_active=True)
    leads = people.filter(role=Role.LEAD)
    if Role.LEAD not in queue.roles:
        leads = leads.filter(pk__in=queue.people.values("pk"))
    return list(leads) or list(people.filter(role=Role.ADMIN))
