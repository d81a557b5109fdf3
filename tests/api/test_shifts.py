"""Shifts, assignment, moves, snoozes and notices over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Role, Scope, User
from cases import queue, sla
from cases.choices import NoticeKind, State
from cases.models import Case, Notice, Queue, Shift
from cases.services.assignment import assign_case
from cases.services.notice import read_notices
from cases.services.queue import save_queue
from tests.api.calling import Program, faults
from tests.cases import build

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WEEK = {"days": [0, 1, 2, 3, 4], "start_min": 540, "end_min": 1020, "zone": "Europe/Berlin"}


@pytest.fixture
def lead(db: None) -> User:
    return build.user(Role.LEAD, "lena")


@pytest.fixture
def program(lead: User) -> Program:
    return Program(lead)


def _closed_queue(*people: User) -> Queue:
    """Seen by leads and by `people` alone."""
    root = build.user(Role.ADMIN)
    return save_queue(
        actor=root, slug="secret", title="Secret", roles=["lead"], people=people, sla_hours=4
    )


def test_a_shift_is_saved_as_it_was_said_and_told_in_words(program: Program) -> None:
    build.user(name="rita")
    said = WEEK | {"capacity": 3, "skills": ["German", "money", "german"]}
    answer = program.send("PUT", "shifts/rita/", said)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        **WEEK, "capacity": 3, "skills": ["german", "money"], "away_until": None,
    }  # fmt: skip
    told = AuditEntry.objects.get(verb="shift.saved")
    assert told.data["what"] == (
        "Mon, Tue, Wed, Thu, Fri 09:00 to 17:00 Europe/Berlin, at most 3 cases, "
        "skills german, money"
    )


@pytest.mark.parametrize("name", ["rita.may", "rita@desk.example", "rita+2", "ñandú"])
def test_every_name_that_a_person_can_have_can_have_a_shift(program: Program, name: str) -> None:
    build.user(name=name)
    assert program.send("PUT", f"shifts/{name}/", WEEK).status_code == 200
    assert Shift.objects.get().user.username == name


@pytest.mark.parametrize("name", ["ghost", "a%00b", "petra", "gone"])
def test_who_does_not_work_on_cases_has_no_shift(program: Program, name: str) -> None:
    build.user(Role.PARTNER, "petra")
    User.objects.filter(pk=build.user(name="gone").pk).update(is_active=False)
    assert program.send("PUT", f"shifts/{name}/", WEEK).status_code == 404
    assert not Shift.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"days": [7]}, "days"),
        ({"days": [-1]}, "days"),
        ({"days": "all"}, "days"),
        ({"start_min": 1440}, "start_min"),
        ({"end_min": -1}, "end_min"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": "Europe/Berlin\u0000"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 501}, "capacity"),
        ({"skills": ["two words"]}, "skills"),
        ({"skills": [f"s{place}" for place in range(51)]}, "skills"),
        ({"away_until": "soon"}, "away_until"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_by_field(
    program: Program, said: dict[str, Any], field: str
) -> None:
    build.user(name="rita")
    assert field in faults(program.send("PUT", "shifts/rita/", WEEK | said))
    assert not Shift.objects.exists()


def test_a_reviewer_gives_shifts_and_cases_to_nobody(lead: User) -> None:
    reviewer = Program(build.user(name="rita"))
    ref = build.case().ref
    assert reviewer.send("PUT", "shifts/rita/", WEEK).status_code == 403
    assert reviewer.send("POST", f"cases/{ref}/assign/", {"assignee": "rita"}).status_code == 403
    moved = reviewer.send("POST", f"cases/{ref}/move/", {"queue": "inbox", "reason": "x"})
    assert moved.status_code == 403
    assert Case.objects.get().assignee is None


def test_a_case_is_given_to_one_person_and_back_to_the_queue(program: Program, lead: User) -> None:
    rita, case = build.user(name="rita"), build.case()
    path = f"cases/{case.ref}/assign/"
    assert program.send("POST", path, {"assignee": "rita"}).status_code == 200
    case.refresh_from_db()
    assert (case.assignee, case.assigned_by) == (rita, lead)
    assert program.send("POST", path, {"assignee": None}).status_code == 200
    case.refresh_from_db()
    assert (case.assignee, case.assigned_by, case.assigned_at) == (None, None, None)
    assert build.verbs(case) == ["case.assigned", "case.unassigned"]


@pytest.mark.parametrize("name", ["ghost", "petra", "gone", "outsider"])
def test_a_case_is_not_given_to_who_could_not_open_it(program: Program, name: str) -> None:
    build.user(Role.PARTNER, "petra")
    build.user(name="outsider")
    User.objects.filter(pk=build.user(name="gone").pk).update(is_active=False)
    case = build.case(queue=_closed_queue())
    answer = program.send("POST", f"cases/{case.ref}/assign/", {"assignee": name})
    assert faults(answer) == {"assignee"}
    case.refresh_from_db()
    assert case.assignee is None
    assert not Notice.objects.exists()


@pytest.mark.parametrize("state", [State.CLOSED, State.SNOOZED, State.MERGED])
def test_only_what_waits_is_given(program: Program, state: State) -> None:
    build.user(name="rita")
    case = build.case(state=state)
    answer = program.send("POST", f"cases/{case.ref}/assign/", {"assignee": "rita"})
    assert answer.status_code == 409


def test_a_moved_case_is_free_again_and_leaves_those_who_may_not_follow(program: Program) -> None:
    rita = build.user(name="rita")
    case = build.case(due_in=24 * HOUR, assignee=rita)
    queue.claim(actor=rita, case=case)
    _closed_queue()
    said = {"queue": "secret", "reason": "staff are named in it"}
    assert program.send("POST", f"cases/{case.ref}/move/", said).status_code == 200
    moved = Case.objects.get()
    assert (moved.assignee, moved.claimed_by, moved.claim_id) == (None, None, None)
    assert moved.due_at == case.due_at - 20 * HOUR
    assert Program(rita).send("GET", f"cases/{case.ref}/").status_code == 404
    assert program.send("POST", f"cases/{case.ref}/move/", said).status_code == 409


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"queue": "nowhere"}, "queue"),
        ({"queue": "hidden"}, "queue"),
    ],
)
def test_a_move_needs_a_reason_and_a_queue_that_one_sees(
    program: Program, said: dict[str, str], field: str
) -> None:
    Queue.objects.create(slug="hidden", title="Hidden", roles=[])
    Queue.objects.create(slug="open", title="Open")
    case = build.case()
    sent = {"queue": "open", "reason": "money"} | said
    assert field in faults(program.send("POST", f"cases/{case.ref}/move/", sent))
    assert Case.objects.get().queue.slug == "inbox"


@pytest.mark.parametrize("verb", ["case.assign", "case.move", "case.snooze"])
def test_what_a_queue_hides_is_refused_over_rest_too(program: Program, verb: str) -> None:
    hiding = Queue.objects.create(slug="quiet", title="Quiet", hidden_actions=[verb])
    case = build.case(queue=hiding)
    bodies: dict[str, Any] = {
        "case.assign": {"assignee": "lena"},
        "case.move": {"queue": "inbox", "reason": "x"},
        "case.snooze": {"until": (clock.now() + HOUR).isoformat()},
    }
    path = f"cases/{case.ref}/{verb.partition('.')[2]}/"
    assert program.send("POST", path, bodies[verb]).status_code == 403
    assert build.verbs(case) == []


@pytest.mark.parametrize(
    "until", ["yesterday", "", None, "2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01"]
)
def test_a_snooze_until_a_time_that_cannot_be_is_refused(program: Program, until: Any) -> None:
    case = build.case()
    assert faults(program.send("POST", f"cases/{case.ref}/snooze/", {"until": until})) == {"until"}
    case.refresh_from_db()
    assert case.state == State.OPEN


def test_a_case_is_put_away_once_and_its_claim_ends(program: Program, lead: User) -> None:
    case = build.case()
    queue.claim(actor=lead, case=case)
    said = {"until": (clock.now() + HOUR).isoformat()}
    assert program.send("POST", f"cases/{case.ref}/snooze/", said).status_code == 200
    assert program.send("POST", f"cases/{case.ref}/snooze/", said).status_code == 409
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (State.SNOOZED, None)
    assert case.snoozes.filter(ended_at=None).count() == 1


def test_notices_are_ones_own_newest_first_and_hold_no_evidence(
    program: Program, lead: User
) -> None:
    rita = build.user(name="rita")
    cases = [build.case(title="<script>alert(1)</script>") for _ in range(22)]
    for case in cases:
        assign_case(actor=lead, case=case, assignee=rita)
    rows = Program(rita, Scope.READ).get("notices/")
    assert [row["case"] for row in rows] == [case.ref for case in cases[:1:-1]]
    assert "script" not in str(rows)
    assert (rows[0]["what"], rows[0]["actor"]) == ("was given to you", lead.username)
    assert program.get("notices/") == []


def test_what_was_read_is_not_told_and_others_keep_theirs(lead: User) -> None:
    rita, ben = build.user(name="rita"), build.user(name="ben")
    for person in (rita, ben):
        assign_case(actor=lead, case=build.case(), assignee=person)
    assert read_notices(actor=rita) == 1
    assert read_notices(actor=rita) == 0
    assert Program(rita, Scope.READ).get("notices/") == []
    assert len(Program(ben, Scope.READ).get("notices/")) == 1


def test_a_notice_goes_out_of_sight_with_its_case(program: Program, lead: User) -> None:
    rita, case = build.user(name="rita"), build.case()
    assign_case(actor=lead, case=case, assignee=rita)
    _closed_queue()
    program.send("POST", f"cases/{case.ref}/move/", {"queue": "secret", "reason": "x"})
    assert Program(rita, Scope.READ).get("notices/") == []
    assert read_notices(actor=rita) == 0


def test_whose_claim_ran_out_is_not_told_in_place_of_the_leads(lead: User) -> None:
    rita = build.user(name="rita")
    build.case(
        due_in=HOUR, claimed_by=rita, claim_id=build.key(1), claim_expires_at=clock.now() - HOUR
    )
    assert sla.watch() == 1
    told = Notice.objects.values_list("user__username", "kind")
    assert list(told) == [("lena", NoticeKind.AT_RISK)]


def test_who_holds_the_case_is_told_and_not_whom_it_waited_for_before(lead: User) -> None:
    rita, ben = build.user(name="rita"), build.user(name="ben")
    build.case(
        due_in=HOUR, assignee=ben, claimed_by=rita, claim_id=build.key(1),
        claim_expires_at=clock.now() + HOUR,
    )  # fmt: skip
    sla.watch()
    assert list(Notice.objects.values_list("user__username", flat=True)) == ["rita"]
