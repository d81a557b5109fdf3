"""What people put to a case travels with a merger and comes back; stray bytes do not stay."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from abusedesk.core.models import Role, Scope, User
from cases.choices import TaskState
from cases.models import Case, CaseLineage
from cases.selectors.content import custody_of
from cases.services import file as files
from cases.services.file import add_file, drop_orphans, read_file
from cases.services.marking import label_case
from cases.services.merge import merge_cases, unmerge
from cases.services.task import add_tasks, change_task
from cases.services.watch import watch_case
from tests import make
from tests.cases import build, fused

pytestmark = pytest.mark.django_db
PARTS = ("", "tasks/", "files/", "watchers/", "notes/")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own, as every desk has one."""
    monkeypatch.setattr(files, "default_storage", FileSystemStorage(location=tmp_path))
    return tmp_path


def _upload(body: bytes, name: str = "screen.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def _answers(case: Case, viewer: User) -> list[Any]:
    """The case in its API form, with all that people put to it."""
    program = Client(headers=make.bearer(Scope.READ, user=viewer))
    return [program.get(f"/api/v1/cases/{case.ref}/{part}").content for part in PARTS]


def _filled(lead: User) -> tuple[Case, Case]:
    """Two cases with tasks, files, labels and watchers, of which some are alike."""
    first, second, *_ = fused.two_cases()
    ada, ben = build.user(name="ada"), build.user(name="ben")
    for case, person in ((first, ada), (second, ben), (second, ada)):
        watch_case(actor=person, case=case)
    for case, text in ((first, "ask the bank"), (second, "ask the host")):
        add_tasks(actor=lead, case=case, texts=[text])
        add_file(actor=lead, case=case, upload=_upload(text.encode()))
        add_file(actor=lead, case=case, upload=_upload(b"the same"))
        label_case(actor=lead, case=case, labels=[text.split()[-1]])
    for case in (first, second):
        case.refresh_from_db()
    return first, second


def _merged(lead: User, first: Case, second: Case) -> CaseLineage:
    return merge_cases(actor=lead, case=first, other=second, reason="one crew")


@pytest.mark.row(38)
def test_the_survivor_has_the_work_of_both_each_once() -> None:
    lead = build.user(Role.LEAD)
    first, second = _filled(lead)
    _merged(lead, first, second)
    first.refresh_from_db()
    assert list(first.tasks.values_list("text", flat=True)) == ["ask the bank", "ask the host"]
    assert first.files.count() == 3
    assert set(first.watches.values_list("user__username", flat=True)) == {"ada", "ben"}
    assert first.labels == ["bank", "host"]


@pytest.mark.row(38)
def test_unmerge_gives_back_tasks_files_labels_and_watchers_byte_for_byte() -> None:
    lead = build.user(Role.LEAD)
    first, second = _filled(lead)
    before = [_answers(one, lead) for one in (first, second)]
    row = _merged(lead, first, second)
    assert [_answers(one, lead) for one in (first, second)] != before
    unmerge(actor=lead, row=row)
    assert [_answers(one, lead) for one in (first, second)] == before


def test_what_was_done_meanwhile_stays_done() -> None:
    lead = build.user(Role.LEAD)
    first, second = _filled(lead)
    row = _merged(lead, first, second)
    task = first.tasks.get(text="ask the host")
    change_task(actor=lead, task=task, state=TaskState.DONE, versions={task.version})
    new = add_file(actor=lead, case=first, upload=_upload(b"found later"))
    first.refresh_from_db()
    label_case(actor=lead, case=first, labels=["bank", "host", "ring"])
    unmerge(actor=lead, row=row)
    first.refresh_from_db()
    assert [(one.text, one.state) for one in second.tasks.all()] == [("ask the host", "done")]
    assert first.files.filter(pk=new.pk).exists()
    assert "ring" in first.labels


def test_who_had_a_file_is_known_wherever_the_file_was() -> None:
    lead = build.user(Role.LEAD)
    first, second = _filled(lead)
    row = _merged(lead, first, second)
    file = first.files.get(sha256=hashlib.sha256(b"ask the host").hexdigest())
    read_file(actor=lead, file=file).close()
    assert [one.verb for one in custody_of(file, lead)] == ["case.file_read", "case.file_added"]
    unmerge(actor=lead, row=row)
    file.refresh_from_db()
    assert file.case == second
    told = [(one.verb, one.origin) for one in custody_of(file, lead)]
    assert told == [("case.file_read", first.ref), ("case.file_added", second.ref)]


def test_a_chain_of_mergers_comes_apart_as_it_was_made() -> None:
    lead = build.user(Role.LEAD)
    first, second = _filled(lead)
    third = build.case()
    before = [_answers(one, lead) for one in (first, second, third)]
    one = _merged(lead, first, second)
    two = _merged(lead, third, first)
    assert third.tasks.count() == 2
    unmerge(actor=lead, row=two)
    unmerge(actor=lead, row=one)
    assert [_answers(one, lead) for one in (first, second, third)] == before


def _minute_of(sha256: str) -> datetime:
    """A moment two hours ahead in which its part of the store is looked at."""
    soon = int(datetime.now(UTC).timestamp() // 60) + 120
    wait = (int(sha256[:2], 16) - soon) % 256
    return datetime.fromtimestamp((soon + wait) * 60, UTC)


def _swept(sha256: str, at: datetime | None = None) -> int:
    with time_machine.travel(at or _minute_of(sha256), tick=False):
        return drop_orphans()


def test_bytes_of_an_upload_that_was_rolled_back_are_dropped_and_others_stay(store: Path) -> None:
    lead, case = build.user(Role.LEAD), build.case()
    kept = add_file(actor=lead, case=case, upload=_upload(b"kept"))
    stray = hashlib.sha256(b"stray").hexdigest()
    with transaction.atomic():
        add_file(actor=lead, case=case, upload=_upload(b"stray"))
        transaction.set_rollback(True)
    path = store / "evidence" / stray[:2] / stray
    assert path.exists()
    assert _swept(stray, _minute_of(stray) - timedelta(minutes=1)) == 0
    assert path.exists()
    assert _swept(stray) == 1
    assert not path.exists()
    assert _swept(kept.sha256) == 0
    read_file(actor=lead, file=kept).close()


def test_bytes_that_are_just_being_put_there_are_left_alone(store: Path) -> None:
    sha256 = hashlib.sha256(b"new").hexdigest()
    part = store / "evidence" / sha256[:2]
    part.mkdir(parents=True)
    (part / sha256).write_bytes(b"new")
    now = datetime.now(UTC)
    minute = int(now.timestamp() // 60)
    wait = (int(sha256[:2], 16) - minute) % 256
    at = datetime.fromtimestamp((minute + wait) * 60, UTC)
    os.utime(part / sha256, (at.timestamp() - 60, at.timestamp() - 60))
    assert _swept(sha256, at) == 0
    assert (part / sha256).exists()
