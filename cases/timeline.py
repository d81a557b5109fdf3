"""Everything that happened to a case, by people and by the machine, out of the audit chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, User
from cases import policy
from cases.models import Case

LIMIT: Final = 500
# Reads are in the audit chain, but they change nothing.
LEFT_OUT: Final = (Verb.CASE_VIEWED,)
# What stands on the timeline, but changes nothing that somebody else may be working on.
QUIET: Final = (
    Verb.CASE_SUPPRESSED,
    Verb.CASE_VIEWED,
    Verb.CASE_NOTED,
    Verb.CASE_WATCHED,
    Verb.CASE_UNWATCHED,
    Verb.FILE_READ,
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event. actor: a user name, or "abusedesk" for the desk itself."""

    at: datetime
    actor: str
    verb: str
    sentence: str
    data: dict[str, Any]


def timeline_of(case: Case, viewer: User) -> list[TimelineEntry]:
    """The last 500 events, newest first; nothing for who cannot see the case."""
    if not policy.can_see(viewer, case):
        return []
    rows = entries_of(case).exclude(verb__in=LEFT_OUT).order_by("-id")
    return [entry(row) for row in rows[:LIMIT]]


def entries_of(case: Case) -> QuerySet[AuditEntry]:
    """The part of the audit chain that speaks of this case."""
    return AuditEntry.objects.filter(target_type="case", target_id=str(case.pk))


def entry(row: AuditEntry) -> TimelineEntry:
    """One link of the chain as an event."""
    return TimelineEntry(
        at=row.at,
        actor=row.actor_label,
        verb=row.verb,
        sentence=audit.sentence(row),
        data=row.data,
    )


def last_change_of(case: Case) -> str:
    """Who did what last, in the words of the timeline."""
    last = entries_of(case).exclude(verb__in=QUIET).order_by("-id").first()
    return f"{last.actor_label} {audit.sentence(last)}" if last else f"it is {case.state}"
