"""Everything that happened to a case, by people and by the machine, out of the audit chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, User
from cases import policy
from cases.blind import veiled_of
from cases.models import Case, CaseLineage
from cases.selectors.lineage import family_of

LIMIT: Final = 500
# Reads are in the audit chain, but they change nothing.
LEFT_OUT: Final = (Verb.CASE_VIEWED,)
# These tell what the verdict was, if only by what it made of new evidence.
TELLING: Final = (Verb.CASE_DECIDED, Verb.CASE_SUPPRESSED)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event. actor: a user name, or "abusedesk" for the desk itself. origin: of which case."""

    at: datetime
    actor: str
    verb: str
    sentence: str
    data: dict[str, Any]
    origin: str


def timeline_of(case: Case, viewer: User) -> list[TimelineEntry]:
    """The last 500 events of the case and of those that went into it, newest first.

    A merger that was taken back has left no trace here: the case reads as it did before. The audit
    chain and the lineage of the case keep it. A verdict that the viewer may not know yet is left
    out, and what was made of it. Nothing for who cannot see the case.
    """
    if not policy.can_see(viewer, case):
        return []
    family = family_of(case)
    rows = AuditEntry.objects.filter(target_type="case", target_id__in=list(map(str, family.refs)))
    for row in family.undone:
        rows = rows.exclude(_left_behind(row))
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
            origin=family.refs[int(row.target_id)],
        )
        for row in rows.exclude(verb__in=LEFT_OUT).order_by("-id")[:LIMIT]
    ]


def _left_behind(row: CaseLineage) -> Q:
    """Entries of an undone merger, and of evidence that has gone with its campaign since."""
    gone = [int(key) for key in row.before["other"]["campaigns"]]
    during = Q(at__range=(row.at, row.undone_at), target_id=str(row.case_id))
    followed = during & Q(actor=None, data__has_key="campaign", data__campaign__in=gone)
    return Q(data__has_key="merge", data__merge=row.pk) | followed
