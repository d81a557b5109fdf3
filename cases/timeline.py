"""Everything that happened to a case, by people and by the machine, out of the audit chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, User
from cases import policy
from cases.blind import veiled_of
from cases.models import Case

LIMIT: Final = 500
# Reads are in the audit chain, but they change nothing.
LEFT_OUT: Final = (Verb.CASE_VIEWED,)
# These tell what the verdict was, if only by what it made of new evidence.
TELLING: Final = (Verb.CASE_DECIDED, Verb.CASE_SUPPRESSED)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event. actor: a user name, or "abusedesk" for the desk itself."""

    at: datetime
    actor: str
    verb: str
    sentence: str
    data: dict[str, Any]


def timeline_of(case: Case, viewer: User) -> list[TimelineEntry]:
    """The last 500 events, newest first; nothing for who cannot see the case.

    A verdict that the viewer may not know yet is left out, and what was made of it.
    """
    if not policy.can_see(viewer, case):
        return []
    rows = AuditEntry.objects.filter(target_type="case", target_id=str(case.pk))
    veiled = veiled_of(case, viewer)
    if (first := veiled.order_by("pk").values_list("created_at", flat=True).first()) is not None:
        rows = rows.exclude(verb__in=TELLING, at__gte=first)
    return [
        TimelineEntry(
            at=row.at,
            actor=row.actor_label,
            verb=row.verb,
            sentence=audit.sentence(row),
            data=row.data,
        )
        for row in rows.exclude(verb__in=LEFT_OUT).order_by("-id")[:LIMIT]
    ]
