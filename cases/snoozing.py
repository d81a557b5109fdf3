"""What a snooze remembers, and the surge that ends it; building blocks and a sweep."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import notices, states
from cases.choices import NoticeKind, State
from cases.forecast import DAYS, forecast
from cases.models import Case, Snooze
from cases.selectors.hits import hits_by_day

DAY: Final = timedelta(days=1)
AT_ONCE: Final = 500  # snoozes of one look


def begin(case: Case, actor: User, until: datetime, *, until_escalates: bool) -> Snooze:
    """Remember why and until when a case is away; a forgotten snooze of it ends."""
    now = clock.now()
    forget(case)
    history = hits_by_day(case, now, DAYS) if until_escalates else []
    band = forecast(history) if history else None
    return Snooze.objects.create(
        case=case,
        actor=actor,
        started_at=now,
        until=until,
        until_escalates=until_escalates,
        history=history,
        expected=band.expected if band else 0.0,
        upper=band.upper if band else 0,
        base=case.hits,
        seen=case.hits,
    )


def forget(case: Case) -> None:
    """The snooze that runs is over, and nobody need be told."""
    Snooze.objects.filter(case=case, ended_at=None).update(ended_at=clock.now())


def end(case: Case, *, escalated: bool = False) -> None:
    """The case is back; who put it away is told."""
    running = case.snoozes.select_related("actor").filter(ended_at=None).first()
    if running is None:
        return
    running.ended_at, running.escalated = clock.now(), escalated
    running.save(update_fields=["ended_at", "escalated"])
    kind = NoticeKind.ESCALATING if escalated else NoticeKind.RETURNED
    notices.give(case, kind, {running.actor, *filter(None, [case.assignee])})


def return_escalating() -> int:
    """Bring back cases whose day beats the forecast. Returns how many."""
    returned, last = 0, 0
    watched = Snooze.objects.filter(ended_at=None, until_escalates=True, case__state=State.SNOOZED)
    while rows := list(watched.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = rows[-1].pk
        hits = dict(
            Case.objects.filter(pk__in=[one.case_id for one in rows]).values_list("pk", "hits")
        )
        for row in rows:
            if _moved(row, hits[row.case_id]):
                returned += _look(row.pk)
    return returned


def _moved(row: Snooze, hits: int) -> bool:
    """Whether hits came or a day began since the last look; most have neither."""
    return hits != row.seen or _day(row) != row.day


def _day(row: Snooze) -> int:
    return (clock.now() - row.started_at) // DAY


@transaction.atomic
def _look(snooze_id: int) -> bool:
    """Count the day of one snooze; end it when the day is beyond the band."""
    row = Snooze.objects.get(pk=snooze_id)
    # The case before its snooze, as everywhere; whoever works on it now ends the snooze anyway.
    case = (
        Case.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=row.case_id, state=State.SNOOZED)
        .first()
    )
    if case is None or not Snooze.objects.filter(pk=row.pk, ended_at=None).exists():
        return False
    if (today := _day(row)) != row.day:
        row.day, row.base = today, row.seen
    row.seen = case.hits
    row.save(update_fields=["day", "base", "seen"])
    if row.hits_today <= row.upper:
        return False
    _return(case, row)
    return True


def _return(case: Case, row: Snooze) -> None:
    states.transition(case, to=State.OPEN)
    case.escalating = True
    case.save()
    end(case, escalated=True)
    audit.append(
        actor=None,
        verb=Verb.CASE_ESCALATING,
        target=case,
        hits=row.hits_today,
        expected=round(row.expected, 1),
        upper=row.upper,
    )
