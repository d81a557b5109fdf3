"""Marks notices as read, and says which of them somebody wants, on what way and when."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, clock, mail
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from abusedesk.core.zones import zone_of
from cases.habits import DAY_MIN, Digest, Habit, Topic
from cases.models import Case, Notice, NoticeHabit
from cases.selectors.notice import habit_of, notices_for, told_for

HOURS: Final = 24


@transaction.atomic
def read_notices(
    *, actor: User, case: Case | None = None, ids: Collection[int] | None = None
) -> int:
    """One's own notices, of one case, with these ids, or all, are read. Returns how many were."""
    every = case is None and ids is None
    rows = notices_for(actor) if every else told_for(actor).filter(read_at=None)
    if case is not None:
        rows = rows.filter(case=case)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.update(read_at=clock.now(), mail_due_at=None)


@transaction.atomic
def mail_notices(*, actor: User, wanted: bool, address: str) -> None:
    """From now on notices also come by mail to this address, or no longer. Raises InvalidError."""
    address = address.strip()
    if wanted and not mail.is_address(address):
        message = "Write a mail address, such as you@desk.example."
        raise InvalidError(message, field="address")
    email = address if wanted else actor.email
    if (wanted, email) == (actor.mail_notices, actor.email):
        return
    actor.mail_notices, actor.email = wanted, email
    actor.save(update_fields=["mail_notices", "email"])
    what = "by mail too" if wanted else "on the desk only"
    audit.append(actor=actor, verb=Verb.NOTICES_MAILED, target=actor, what=what)


@transaction.atomic
def save_habit(*, actor: User, habit: Habit, mailed: bool | None = None, address: str = "") -> None:
    """What they want to be told of and when; what waits for a mail already follows it, too.

    mailed: whether mails come at all, to this address; None leaves that as it is.
    Raises InvalidError that names the field; then nothing is changed.
    """
    _check(habit)
    if mailed is not None:
        mail_notices(actor=actor, wanted=mailed, address=address)
    if habit == habit_of(actor):
        return
    kept: dict[str, Any] = {
        "digest": habit.digest,
        "hour": habit.hour,
        "quiet_from": habit.quiet_from,
        "quiet_until": habit.quiet_until,
        "off_desk": sorted(habit.off_desk),
        "off_mail": sorted(habit.off_mail),
    }
    NoticeHabit.objects.update_or_create(user=actor, defaults=kept)
    due = habit.due_at(clock.now(), zone_of(actor))
    Notice.objects.filter(user=actor, mail_due_at__isnull=False).update(mail_due_at=due)
    chosen = kept | {"digest": habit.digest.label.lower()}
    audit.append(actor=actor, verb=Verb.NOTICES_CHOSEN, target=actor, **chosen)


def _check(habit: Habit) -> None:
    """Raises InvalidError with the first thing that cannot be."""
    if habit.digest not in Digest.values:
        _refuse("digest", f"Mails come {', '.join(Digest.values)}.")
    if not 0 <= habit.hour < HOURS:
        _refuse("hour", "The daily mail comes at an hour from 0 to 23.")
    begin, end = habit.quiet_from, habit.quiet_until
    if (begin is None) != (end is None):
        missing = "quiet_from" if begin is None else "quiet_until"
        _refuse(missing, "Quiet hours need a beginning and an end; leave both empty for none.")
    if begin is not None and end is not None:
        if not (0 <= begin < DAY_MIN and 0 <= end < DAY_MIN):
            _refuse("quiet_from", "Quiet hours begin and end between 00:00 and 23:59.")
        if begin == end:
            _refuse("quiet_until", "Quiet hours end at another time than they begin.")
    for name in ("off_desk", "off_mail"):
        unknown = getattr(habit, name) - set(Topic.values)
        if unknown:
            _refuse(name, f"There is no such topic: {min(unknown)[:40]}.")


def _refuse(field: str, message: str) -> None:
    raise InvalidError(message, field=field)
