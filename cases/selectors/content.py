"""Reads what people added to a case: tasks, files with their custody, watchers, playbooks."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from abusedesk.core.audit import Verb
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import AuditEntry, User
from cases import policy
from cases.blind import by_who_decided
from cases.models import Case, CaseWatch, EvidenceFile, Note, Playbook, Task
from cases.selectors.case import cases_for
from cases.selectors.lineage import Family, family_of
from cases.timeline import TimelineEntry, entry

CUSTODY: frozenset[Verb] = frozenset({Verb.FILE_ADDED, Verb.FILE_READ, Verb.FILE_BROKEN})
SHOWN = 200


def notes_of(case: Case, viewer: User) -> QuerySet[Note]:
    """Its notes, oldest first; without those that would tell a verdict yet to be judged blind."""
    rows = Note.objects.filter(~by_who_decided([case.pk], viewer), case__in=_seen(case, viewer))
    return rows.select_related("author")


def tasks_of(case: Case, viewer: User) -> QuerySet[Task]:
    """Its checklist, in order."""
    rows = Task.objects.filter(case__in=_seen(case, viewer))
    return rows.select_related("playbook", "added_by", "changed_by")


def task_by_id(task_id: int, case: Case, viewer: User) -> Task:
    """One task of this case. Raises NotFoundError."""
    task = tasks_of(case, viewer).select_related("case").filter(pk=task_id).first()
    if task is None:
        message = "This case has no such task."
        raise NotFoundError(message)
    return task


def files_of(case: Case, viewer: User) -> QuerySet[EvidenceFile]:
    """Its files, oldest first."""
    return EvidenceFile.objects.filter(case__in=_seen(case, viewer)).select_related("added_by")


def file_by_id(file_id: int, case: Case, viewer: User) -> EvidenceFile:
    """One file of this case. Raises NotFoundError."""
    file = files_of(case, viewer).select_related("case").filter(pk=file_id).first()
    if file is None:
        message = "This case has no such file."
        raise NotFoundError(message)
    return file


def custody_of(file: EvidenceFile, viewer: User) -> list[TimelineEntry]:
    """Who put the file there and who had it, newest first; the last 200 times."""
    if not policy.can_see(viewer, file.case):
        return []
    family = _whereabouts(file.case)
    rows = _custody_in(family).filter(data__file=file.pk)
    return [entry(row, family) for row in rows[:SHOWN]]


def custodies_of(case: Case, viewer: User) -> dict[int, list[TimelineEntry]]:
    """Id of a file -> its custody, of all files of a case: the last 200 times together."""
    if not policy.can_see(viewer, case):
        return {}
    found: dict[int, list[TimelineEntry]] = {}
    family = _whereabouts(case)
    for row in _custody_in(family)[:SHOWN]:
        found.setdefault(row.data["file"], []).append(entry(row, family))
    return found


def watchers_of(case: Case, viewer: User) -> QuerySet[CaseWatch]:
    """Who watches it, the first one first."""
    return CaseWatch.objects.filter(case__in=_seen(case, viewer)).select_related("user")


def watched_by(viewer: User) -> QuerySet[Case]:
    """Cases that the viewer watches and that have changed since the viewer last looked."""
    looked = Q(visits__user=viewer, visits__at__gte=F("updated_at"))
    mine = cases_for(viewer).filter(watches__user=viewer)
    news = mine.exclude(pk__in=mine.filter(looked).values("pk"))
    return news.select_related("claimed_by", "assignee").order_by("-updated_at", "-id")


def playbooks_for(viewer: User) -> QuerySet[Playbook]:
    """All playbooks."""
    seen = policy.allowed(viewer, "playbook.view")
    rows = Playbook.objects.all() if seen else Playbook.objects.none()
    return rows.select_related("queue")


def playbook_by_id(playbook_id: int, viewer: User) -> Playbook:
    """One playbook. Raises NotFoundError."""
    playbook = playbooks_for(viewer).filter(pk=playbook_id).first()
    if playbook is None:
        message = "There is no such playbook."
        raise NotFoundError(message)
    return playbook


def _whereabouts(case: Case) -> Family:
    """Where files of the case are or were: its family, and cases that it was merged into once."""
    family = family_of(case)
    return Family({**{row.case_id: row.case.ref for row in family.undone}, **family.refs})


def _custody_in(family: Family) -> QuerySet[AuditEntry]:
    """Newest first. Who had a file tells no verdict."""
    targets = list(map(str, family.refs))
    rows = AuditEntry.objects.filter(target_type="case", target_id__in=targets, verb__in=CUSTODY)
    return rows.order_by("-id")


def _seen(case: Case, viewer: User) -> QuerySet[Case]:
    """The case, if the viewer may see it: one query with what is asked of it."""
    return Case.objects.filter(pk=case.pk, queue__in=policy.queues_of(viewer))
