"""Everything that happened to a case, by people and by the machine, out of the audit chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, User
from cases import policy
from cases.blind import awaited, veiled_of
from cases.models import Case, CaseLineage
from cases.selectors.lineage import Family, family_of

LIMIT: Final = 500
# Reads are in the audit chain, but they change nothing.
LEFT_OUT: Final = (Verb.CASE_VIEWED, Verb.CASE_PEEKED, Verb.TEXT_TRANSLATED)
# These tell what a verdict was by what it made of new evidence.
TELLING: Final = (Verb.CASE_SUPPRESSED, Verb.CASE_REGRESSED)
# What is said of them to everybody while a second person is to judge without the first.
VEILED: Final[dict[str, str]] = {
    Verb.CASE_DECIDED: "decided the case",
    Verb.CASE_REGRESSED: "reopened the case as regressed",
    Verb.APPEAL_OPENED: "opened an appeal",
}
# What stands on the timeline, but changes nothing that somebody else may be working on.
QUIET: Final = (
    Verb.CASE_SUPPRESSED,
    Verb.CASE_VIEWED,
    Verb.CASE_PEEKED,
    Verb.TEXT_TRANSLATED,
    Verb.CASE_NOTED,
    Verb.CASE_WATCHED,
    Verb.CASE_UNWATCHED,
    Verb.FILE_READ,
)


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
    rows = visible_entries_of(case, viewer, family).exclude(verb__in=LEFT_OUT).order_by("-id")
    return [entry(row, family) for row in rows[:LIMIT]]


def visible_entries_of(case: Case, viewer: User, family: Family) -> QuerySet[AuditEntry]:
    """The part of the audit chain that speaks of this case and what went into it, for a viewer."""
    rows = AuditEntry.objects.filter(target_type="case", target_id__in=list(map(str, family.refs)))
    for row in family.undone:
        rows = rows.exclude(_left_behind(row))
    veiled = dict(veiled_of(family.refs, viewer).values_list("pk", "created_at"))
    if veiled:
        rows = rows.exclude(data__has_key="decision", data__decision__in=list(veiled))
        rows = rows.exclude(verb__in=TELLING, at__gte=min(veiled.values()))
    return rows


def entry(row: AuditEntry, family: Family) -> TimelineEntry:
    """One link of the chain as an event."""
    return TimelineEntry(
        at=row.at,
        actor=row.actor_label,
        verb=row.verb,
        sentence=audit.sentence(row),
        data=row.data,
        origin=family.refs[int(row.target_id)],
    )


def last_change_of(case: Case) -> str:
    """Who did what last, in the words of the timeline; a veiled verdict stays veiled."""
    rows = AuditEntry.objects.filter(target_type="case", target_id=str(case.pk))
    last = rows.exclude(verb__in=QUIET).order_by("-id").first()
    if last is None:
        return f"it is {case.state}"
    said = VEILED.get(last.verb)
    if said is None or not case.decisions.filter(awaited()).exists():
        said = audit.sentence(last)
    return f"{last.actor_label} {said}"


def _left_behind(row: CaseLineage) -> Q:
    """Entries of an undone merger, and of evidence that has gone with its campaign since."""
    gone = [int(key) for key in row.before["other"]["campaigns"]]
    during = Q(at__range=(row.at, row.undone_at), target_id=str(row.case_id))
    followed = during & Q(actor=None, data__has_key="campaign", data__campaign__in=gone)
    return Q(data__has_key="merge", data__merge=row.pk) | followed
