"""Checklists: playbooks, the tasks that cases get from them, and what becomes of each task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from django.db import transaction
from django.db.models import Q

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError, StaleError
from abusedesk.core.models import User
from cases import claims, fields, policy
from cases.choices import Severity, TaskState
from cases.models import Case, Playbook, Queue, Task

TEXT_LIMIT: Final = 300
MAX_TASKS: Final = 100
MAX_STEPS: Final = 30


@transaction.atomic
def save_playbook(
    *,
    actor: User,
    title: str,
    steps: Sequence[str],
    fits: tuple[Queue | None, str, Severity] = (None, "", Severity.INFO),
    active: bool = True,
    playbook: Playbook | None = None,
) -> Playbook:
    """Make a playbook, or change `playbook`. Cases that have its tasks keep them as they are.

    fits: queue, platform and least severity of the cases that get it. Raises StaleError when
    `playbook` is not the newest version.
    """
    policy.require(actor, "playbook.save")
    row = Playbook() if playbook is None else _newest(playbook)
    row.title = fields.text(title, field="title", limit=120)
    row.steps = [
        fields.text(step, field="steps", limit=TEXT_LIMIT) for step in steps if step.strip()
    ]
    if not 1 <= len(row.steps) <= MAX_STEPS:
        message = f"A playbook has 1 to {MAX_STEPS} steps."
        raise InvalidError(message, field="steps")
    if Playbook.objects.filter(title=row.title).exclude(pk=row.pk).exists():
        message = "Another playbook has this title."
        raise ConflictError(message, field="title")
    row.queue, row.platform, row.severity = fits
    row.active = active
    row.save()
    audit.append(
        actor=actor, verb=Verb.PLAYBOOK_SAVED, target=row, title=row.title, count=len(row.steps)
    )
    return row


@transaction.atomic
def hand_out(*, case: Case) -> int:
    """Give a case that just opened the tasks of the playbooks that fit. Returns how many."""
    fitting = Playbook.objects.filter(
        Q(queue=None) | Q(queue=case.queue_id),
        Q(platform="") | Q(platform__in=case.platforms),
        active=True,
        severity__lte=case.severity,
    )
    tasks = [Task(case=case, playbook=one, text=step) for one in fitting for step in one.steps][
        :MAX_TASKS
    ]
    Task.objects.bulk_create(tasks)
    return len(tasks)


@transaction.atomic
def add_tasks(*, actor: User, case: Case, texts: Collection[str]) -> list[Task]:
    """More tasks, written by a person."""
    policy.require(actor, "case.task", case)
    texts = [fields.text(text, field="text", limit=TEXT_LIMIT) for text in texts]
    case = claims.lock(case)
    if case.tasks.count() + len(texts) > MAX_TASKS:
        message = f"A case has at most {MAX_TASKS} tasks."
        raise InvalidError(message, field="text")
    tasks = Task.objects.bulk_create(Task(case=case, text=text, added_by=actor) for text in texts)
    audit.append(actor=actor, verb=Verb.TASKS_ADDED, target=case, count=len(tasks), origin="hand")
    return tasks


@transaction.atomic
def add_playbook(*, actor: User, case: Case, playbook: Playbook) -> list[Task]:
    """The steps of one playbook, once a case."""
    policy.require(actor, "case.task", case)
    case = claims.lock(case)
    if case.tasks.filter(playbook=playbook).exists():
        message = f"{case.ref} has the tasks of {playbook} already."
        raise ConflictError(message, field="playbook")
    if case.tasks.count() + len(playbook.steps) > MAX_TASKS:
        message = f"A case has at most {MAX_TASKS} tasks."
        raise InvalidError(message, field="playbook")
    tasks = Task.objects.bulk_create(
        Task(case=case, playbook=playbook, text=step, added_by=actor) for step in playbook.steps
    )
    audit.append(
        actor=actor,
        verb=Verb.TASKS_ADDED,
        target=case,
        count=len(tasks),
        origin=f"the playbook {playbook}",
    )
    return tasks


@transaction.atomic
def change_task(
    *, actor: User, task: Task, state: TaskState, versions: Collection[int] | None
) -> Task:
    """Set what became of a task. versions: those the caller saw. Raises StaleError."""
    policy.require(actor, "case.task", task.case)
    row = Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    if versions is not None and row.version not in versions:
        who = f" by {row.changed_by}" if row.changed_by else ""
        message = f"This task was set to {row.get_state_display().lower()}{who} since."
        raise StaleError(message, version=row.version)
    if row.state == state:
        return row
    row.state, row.changed_by, row.changed_at = state, actor, clock.now()
    row.version += 1
    row.save(update_fields=["state", "changed_by", "changed_at", "version"])
    audit.append(
        actor=actor,
        verb=Verb.TASK_CHANGED,
        target=task.case,
        task=row.pk,
        state=TaskState(state).label.lower(),
        text=row.text,
    )
    return row


def _newest(playbook: Playbook) -> Playbook:
    """The row to change, locked, one version on."""
    row = Playbook.objects.select_for_update(no_key=True).get(pk=playbook.pk)
    if row.version != playbook.version:
        message = f"Somebody has changed the playbook {row} since."
        raise StaleError(message, version=row.version)
    row.version += 1
    return row
