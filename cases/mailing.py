"""Mails notices to who asked for it: references and what happened, never evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.urls import reverse

from abusedesk.core import clock, mail
from abusedesk.core.mail import MailError
from abusedesk.core.models import User
from abusedesk.core.zones import told, zone_of
from cases.choices import Tlp
from cases.habits import Digest, Habit
from cases.models import Notice
from cases.selectors.notice import habit_of, told_for

log = structlog.get_logger(__name__)

AGAIN: Final = timedelta(minutes=5)
"""When a mail is tried again; longer than a server has to answer."""
STALE: Final = timedelta(days=1)
"""A notice that is older is no news by mail any more, but for what it had to wait by habit."""
LISTED: Final = 100
"""Notices that one mail names; of the rest it says how many there are."""


def mail_due(limit: int = 20) -> int:
    """Send up to `limit` mails whose time has come. Returns how many were sent."""
    sent = 0
    for _ in range(limit):
        taken = _take()
        if taken is None:
            break
        person, habit, rows = taken
        news = _news(person, habit, rows)
        if news:
            try:
                mail.send(to=person.email, subject=_subject(news), body=_body(person, habit, news))
            except MailError as error:
                log.warning("Notices were not mailed", user=person.pk, error=str(error))
                break  # a server that is away is away for the next one, too
            sent += 1
        _done(rows)
    return sent


@transaction.atomic
def _take() -> tuple[User, Habit, list[Notice]] | None:
    """What one person is to be mailed now, put off while it travels; None when nothing is due.

    The person is locked, so that two workers never make two digests of what belongs into one.
    """
    now = clock.now()
    earliest = _due().filter(user=OuterRef("pk")).order_by().values("user")
    people = User.objects.annotate(
        since=Subquery(earliest.annotate(at=Min("mail_due_at")).values("at"))
    )
    waiting = people.filter(pk__in=_due().values("user")).order_by("since", "pk")
    person = waiting.select_for_update(skip_locked=True, no_key=True).first()
    if person is None:
        return None
    habit = habit_of(person)
    rows = _due().filter(user=person).select_related("case", "actor").order_by("pk")
    later = habit.after_quiet(now, zone_of(person))
    together = habit.digest != Digest.OFF or later > now
    mine = list(rows if together else rows[:1])
    put_off = max(later, now + AGAIN) if later == now else later
    Notice.objects.filter(pk__in=[row.pk for row in mine]).update(mail_due_at=put_off)
    return person, habit, mine if later == now else []


def _due() -> QuerySet[Notice]:
    return Notice.objects.filter(mail_due_at__lte=clock.now())


def _news(person: User, habit: Habit, rows: Sequence[Notice]) -> list[Notice]:
    """Of cases that they still may see, that was not read meanwhile, and is not TLP:RED."""
    if not rows or not person.is_active or not mail.wanted_by(person):
        return []
    oldest = clock.now() - STALE - habit.longest_wait
    unread = told_for(person).filter(read_at=None, created_at__gt=oldest)
    shown = unread.filter(pk__in=[row.pk for row in rows]).exclude(case__tlp=Tlp.RED)
    return [row for row in shown.order_by("pk") if habit.by_mail(row.kind)]


def _done(rows: Sequence[Notice]) -> None:
    """No more mail of these; what stands in no inbox is over, so that the next one is news."""
    mine = Notice.objects.filter(pk__in=[row.pk for row in rows])
    mine.filter(on_desk=False).update(read_at=clock.now())
    mine.update(mail_due_at=None)


def _subject(news: Sequence[Notice]) -> str:
    return _what(news[0]) if len(news) == 1 else f"{len(news)} notices"


def _body(person: User, habit: Habit, news: Sequence[Notice]) -> str:
    zone = zone_of(person)
    dated = habit.digest != Digest.OFF
    lines = []
    for row in news[:LISTED]:
        by = f", by {row.actor}" if row.actor else ""
        at = f"{told(row.created_at, zone=zone)}: " if dated else ""
        link = mail.address_of(reverse("cases:notice", args=[row.pk]))
        lines.append(f"{at}{_what(row)}{by}.\n\n{link}\n")
    if len(news) > LISTED:
        inbox = mail.address_of(reverse("cases:inbox"))
        lines.append(f"And {len(news) - LISTED:,} more: {inbox}\n")
    settings = mail.address_of(reverse("cases:notice-habits"))
    return "\n".join(
        [*lines, f"You asked for these mails, and can change or end them: {settings}\n"]
    )


def _what(row: Notice) -> str:
    return f"{row.about} {row.get_kind_display()}"
