"""Work on many cases over REST: look first, do it, watch it, end it, take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope, User
from cases.choices import State
from cases.models import BulkJob, Case, Decision
from cases.services import bulk, bulk_work
from tests.api.calling import Program, faults
from tests.cases import build

pytestmark = pytest.mark.django_db
CLOSE = {"action": "close", "outcome": "no_abuse", "reason": "a choir"}


@pytest.fixture
def reviewer() -> User:
    return build.user(name="rita")


@pytest.fixture
def program(reviewer: User) -> Program:
    return Program(reviewer)


def _cases(number: int, **fields: Any) -> list[Case]:
    return [build.case(**fields) for _ in range(number)]


def _refs(cases: list[Case]) -> dict[str, list[str]]:
    return {"refs": [case.ref for case in cases]}


@pytest.mark.row(33)
def test_named_cases_are_closed_in_one_request(program: Program) -> None:
    chosen, other = _cases(3), build.case()
    answer = program.send("POST", "jobs/", CLOSE | _refs(chosen))
    assert answer.status_code == 201
    job = answer.json()
    assert (job["state"], job["total"], job["done"], job["actor"]) == ("done", 3, 3, "rita")
    assert (job["does"], job["reason"], job["query"]) == ("Close as no abuse", "a choir", "")
    items = program.get(f"jobs/{job['id']}/items/")["results"]
    decisions = dict(Decision.objects.values_list("case__ref", "pk"))
    assert {one["case"]: one["decision"] for one in items} == decisions
    other.refresh_from_db()
    assert other.state == "open"


@pytest.mark.row(34)
def test_a_dry_run_says_what_would_happen_and_changes_nothing(program: Program) -> None:
    _cases(12, platforms=["telegram"])
    build.case(platforms=["telegram"], state=State.CLOSED)
    asked = CLOSE | {"q": "platform:telegram", "dry_run": True}
    seen = program.send("POST", "jobs/", asked)
    assert seen.status_code == 200
    told = seen.json()
    assert (told["total"], told["found"], told["typed"], told["held"]) == (12, 13, False, False)
    assert told["by_state"] == [{"name": "For review", "cases": 12}]
    assert told["by_policy"] == [{"name": "no policy yet", "cases": 12}]
    assert told["left_out"] == [{"name": "closed: this does not fit", "cases": 1}]
    assert len(told["samples"]) == 10
    assert not BulkJob.objects.exists()
    late = build.case(platforms=["telegram"])
    answer = program.send(
        "POST", "jobs/", asked | {"dry_run": False, "seen_at": told["seen_at"], "count": 12}
    )
    assert answer.json()["done"] == 12
    late.refresh_from_db()
    assert late.state == "open"


@pytest.mark.row(34)
def test_above_a_thousand_the_count_must_be_given(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.selectors.preview.TYPED", 2)
    _cases(3)
    assert faults(program.send("POST", "jobs/", CLOSE | {"q": ""})) == {"count"}
    assert faults(program.send("POST", "jobs/", CLOSE | {"q": "", "count": 2})) == {"count"}
    assert program.send("POST", "jobs/", CLOSE | {"q": "", "count": 3}).status_code == 201


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, {"refs"}),
        ({"q": "", "refs": ["AD-1"]}, {"refs"}),
        ({"refs": []}, {"refs"}),
        ({"refs": ["1 OR 1"]}, {"refs"}),
        ({"refs": ["AD-999999999"]}, {"refs"}),
        ({"q": "colour:red"}, {"q"}),
        ({"q": "", "action": "burn"}, {"action"}),
        ({"q": "", "outcome": "maybe"}, {"outcome"}),
        ({"q": "", "reason": " "}, {"reason"}),
        ({"q": "", "policy": "none-such"}, {"policy"}),
        ({"q": "", "act": "block"}, {"act"}),
        ({"q": "", "action": "label"}, {"add"}),
        ({"q": "", "action": "snooze"}, {"until"}),
    ],
)
def test_what_cannot_be_meant_is_named(
    program: Program, said: dict[str, Any], wrong: set[str]
) -> None:
    build.case()
    assert faults(program.send("POST", "jobs/", CLOSE | said)) == wrong
    assert not BulkJob.objects.exists()


def test_a_time_ahead_does_not_let_changed_cases_in(program: Program) -> None:
    ahead = (clock.now() + timedelta(days=1)).isoformat()
    seen = program.send("POST", "jobs/", CLOSE | {"q": "", "seen_at": ahead, "dry_run": True})
    assert seen.json()["seen_at"] < ahead


def test_work_is_watched_cancelled_and_undone(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    answer = program.send("POST", "jobs/", CLOSE | _refs(_cases(3)))
    assert answer.status_code == 202
    path = f"jobs/{answer.json()['id']}/"
    bulk_work.step_bulk(job_id=answer.json()["id"])
    assert (program.get(path)["done"], program.get(path)["waiting"]) == (1, 2)
    assert program.send("POST", f"{path}undo/").status_code == 409
    cancelled = program.send("POST", f"{path}cancel/").json()
    assert (cancelled["state"], cancelled["skipped"]) == ("cancelled", 2)
    assert program.send("POST", f"{path}cancel/").status_code == 409
    skipped = program.get(f"{path}items/", state="skipped")["results"]
    assert [one["note"] for one in skipped] == ["cancelled by rita"] * 2
    assert program.client.get(f"/api/v1/{path}items/?state=lost").status_code == 422
    assert program.send("POST", f"{path}undo/").status_code == 202
    bulk_work.run_bulk(job_id=answer.json()["id"])
    ended = program.get(path)
    assert (ended["state"], ended["undone"], ended["undone_by"]) == ("undone", 1, "rita")
    assert set(Case.objects.values_list("state", flat=True)) == {"open"}


def test_other_actions_say_what_they_did() -> None:
    lead, sam = build.user(Role.LEAD), build.user(name="sam")
    program, chosen = Program(lead), _cases(2)
    until = (clock.now() + timedelta(days=3)).replace(microsecond=0)
    for said, does in (
        ({"action": "assign", "assignee": "sam"}, "Give to sam"),
        ({"action": "label", "add": ["Ring"]}, "Labels: add ring"),
        ({"action": "assign", "assignee": None}, "Give back to the queue"),
        ({"action": "snooze", "until": until.isoformat()}, f"Snooze until {until:%-d %b %Y %H:%M}"),
    ):
        answer = program.send("POST", "jobs/", {"reason": "seen"} | said | _refs(chosen))
        assert answer.json()["done"] == 2, answer.content
        assert answer.json()["does"].startswith(does)
    assert [one["action"] for one in program.get("jobs/")["results"]] == [
        "snooze", "assign", "label", "assign",
    ]  # fmt: skip
    for case in chosen:
        case.refresh_from_db()
        assert (case.labels, case.assignee, case.state) == (["ring"], None, "snoozed")
    assert sam.assigned.count() == 0


def test_a_reader_starts_nothing_and_others_do_not_see_it(reviewer: User) -> None:
    refs = _refs(_cases(1))
    assert Program(reviewer, Scope.READ).send("POST", "jobs/", CLOSE | refs).status_code == 403
    job = Program(reviewer, Scope.REVIEW, Scope.READ).send("POST", "jobs/", CLOSE | refs).json()
    other = Program(build.user())
    assert other.get("jobs/")["results"] == []
    for path in ("", "items/", "cancel/", "undo/"):
        method = "GET" if path in {"", "items/"} else "POST"
        assert other.send(method, f"jobs/{job['id']}/{path}").status_code == 404
    assert Program(build.user(Role.LEAD)).get(f"jobs/{job['id']}/")["done"] == 1
