"""Tells people of events of a case; building blocks for services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from abusedesk.core import clock, mail
from abusedesk.core.models import Role, User
from abusedesk.core.queueing import wake
from cases import claims
from cases.choices import NoticeKind
from cases.models import Case, Note, Notice, Queue


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
    now = clock.now()
    rows = [
        Notice(user=person, mail_due_at=now if mail.wanted_by(person) else None, **about)
        for person in people
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.mail_due_at for row in rows):
        wake("cases.mail_notices")


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
