"""Playbooks: which cases get their steps, and that they change under nobody's hands."""

from __future__ import annotations

import pytest

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, StaleError
from abusedesk.core.models import Role
from cases.choices import Severity, TaskState
from cases.models import Case, Playbook, Queue, Task
from cases.opening import inbox
from cases.services.task import MAX_TASKS, add_playbook, add_tasks, change_task, save_playbook
from tests.cases import build

pytestmark = pytest.mark.django_db


def _playbook(title: str = "Fraud", **fields: object) -> Playbook:
    values: dict[str, object] = {"title": title, "steps": ["ask the bank", "tell the victim"]}
    return save_playbook(actor=build.user(Role.LEAD), **values | fields)  # type: ignore[arg-type]  # checked by the test


def _texts(case: Case) -> list[str]:
    return [task.text for task in case.tasks.all()]


@pytest.mark.row(54)
def test_a_case_opens_with_the_tasks_of_the_playbooks_that_fit() -> None:
    _playbook("Fraud")
    _playbook("On X", steps=["write to X"], fits=(None, "x", Severity.INFO))
    _playbook("On Telegram", steps=["write to Telegram"], fits=(None, "telegram", Severity.INFO))
    elsewhere = Queue.objects.create(slug="other", title="Other")
    _playbook("Elsewhere", steps=["look elsewhere"], fits=(elsewhere, "", Severity.INFO))
    _playbook("Inbox", steps=["look here"], fits=(inbox(), "", Severity.INFO))
    _playbook("Off", steps=["never"], active=False)
    _, case = build.opened()
    assert _texts(case) == ["ask the bank", "tell the victim", "look here", "write to X"]
    assert {task.state for task in case.tasks.all()} == {TaskState.OPEN}


def test_a_playbook_for_severe_cases_is_not_for_lesser_ones() -> None:
    _playbook(fits=(None, "", Severity.CRITICAL))
    _, case = build.opened()
    assert case.severity < Severity.CRITICAL
    assert _texts(case) == []


def test_a_case_keeps_its_tasks_when_the_playbook_changes() -> None:
    playbook = _playbook()
    _, case = build.opened()
    save_playbook(actor=build.user(Role.LEAD), title="Fraud", steps=["all new"], playbook=playbook)
    assert _texts(case) == ["ask the bank", "tell the victim"]


def test_the_steps_of_a_playbook_are_added_once_by_hand() -> None:
    playbook, case, actor = _playbook(active=False), build.case(), build.user()
    add_playbook(actor=actor, case=case, playbook=playbook)
    with pytest.raises(ConflictError, match="already"):
        add_playbook(actor=actor, case=case, playbook=playbook)
    assert _texts(case) == ["ask the bank", "tell the victim"]


def test_a_checklist_has_an_end() -> None:
    case, actor = build.case(), build.user()
    add_tasks(actor=actor, case=case, texts=["look"] * MAX_TASKS)
    with pytest.raises(InvalidError):
        add_tasks(actor=actor, case=case, texts=["one more"])
    assert case.tasks.count() == MAX_TASKS


@pytest.mark.parametrize("steps", [[], ["", " "], ["x"] * 31, ["y" * 301]])
def test_a_playbook_has_steps_that_fit(steps: list[str]) -> None:
    with pytest.raises(InvalidError) as refused:
        _playbook(steps=steps)
    assert refused.value.field == "steps"


def test_two_playbooks_never_have_one_title() -> None:
    _playbook("Fraud")
    with pytest.raises(ConflictError):
        _playbook("Fraud")


def test_a_playbook_that_somebody_changed_meanwhile_is_not_overwritten() -> None:
    seen = _playbook()
    again = Playbook.objects.get()
    save_playbook(actor=build.user(Role.LEAD), title="Theirs", steps=["a"], playbook=seen)
    with pytest.raises(StaleError, match="Theirs"):
        save_playbook(actor=build.user(Role.LEAD), title="Mine", steps=["b"], playbook=again)
    assert Playbook.objects.get().title == "Theirs"


def test_reviewers_do_not_write_playbooks() -> None:
    with pytest.raises(ForbiddenError):
        save_playbook(actor=build.user(), title="Mine", steps=["a"])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_tick_one_task_at_once_one_is_told() -> None:
    task = Task.objects.create(case=build.case(), text="ask the bank")
    people = [build.user(name="ann"), build.user(name="ben")]
    wanted = [TaskState.DONE, TaskState.SKIPPED]

    def tick(place: int) -> str:
        try:
            change_task(actor=people[place], task=task, state=wanted[place], versions={1})
        except StaleError as error:
            return error.message
        return "done"

    told = sorted(build.at_once(2, tick))
    assert told[0].startswith("This task was set to")
    assert told[1] == "done"
