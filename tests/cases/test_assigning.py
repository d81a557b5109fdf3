"""Cases that the desk hands out: to the least loaded who is there and has the skill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, User
from cases import assigning, queue
from cases.assigning import words_of
from cases.choices import Assign, NoticeKind, State
from cases.models import Case, Notice, Queue, Shift
from cases.opening import inbox
from cases.selectors.notice import notices_for
from cases.services.assignment import assign_case, save_shift
from cases.services.notice import read_notices
from tests.cases import build

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
ALL_WEEK = range(7)


@pytest.fixture
def auto(db: None) -> Queue:
    """The inbox, which hands its cases out."""
    found = inbox()
    found.assign = Assign.AUTO
    found.save()
    return found


def _shift(user: User, **said: Any) -> Shift:
    lead = User.objects.filter(username="boss").first() or build.user(Role.LEAD, "boss")
    User.objects.filter(pk=lead.pk).update(is_active=False)
    lead.is_active = True
    return save_shift(actor=lead, user=user, **{"days": ALL_WEEK} | said)


def _opened(number: int) -> Case:
    return build.opened(members=build.accounts(8, first=100 * number))[1]


@pytest.mark.row(43)
def test_a_new_case_lands_on_the_least_loaded(auto: Queue) -> None:
    busy, idle = build.user(), build.user()
    build.case(assignee=busy)
    build.case(assignee=busy, state=State.ESCALATED)
    build.case(assignee=idle, state=State.CLOSED)
    first, second, third = (_opened(number) for number in (1, 2, 3))
    assert [case.assignee for case in (first, second)] == [idle, idle]
    assert third.assignee in {idle, busy}
    assert build.verbs(first) == ["case.opened", "case.assigned"]
    assert [(one.case, one.kind) for one in notices_for(idle)][-1] == (first, NoticeKind.ASSIGNED)


def test_of_equals_the_one_who_got_the_last_case_longest_ago(auto: Queue) -> None:
    people = [build.user() for _ in range(3)]
    given_to = [_opened(number).assignee for number in range(1, 7)]
    assert given_to == [*people, *people]


@pytest.mark.row(43)
def test_only_who_has_the_skill_is_handed_a_case(auto: Queue) -> None:
    auto.skill = "german"
    auto.save()
    speaker, _ = build.user(), build.user()
    _shift(speaker, skills=["German"])
    assert [_opened(number).assignee for number in (1, 2)] == [speaker, speaker]


@pytest.mark.row(43)
def test_who_is_off_shift_full_or_away_is_left_out_and_the_sweep_hands_out_later(
    auto: Queue,
) -> None:
    off, full, away = build.user(), build.user(), build.user()
    _shift(off, days=[])
    _shift(full, capacity=1)
    _shift(away, away_until=clock.now() + timedelta(days=1))
    first, second = _opened(1), _opened(2)
    assert first.assignee == full
    assert second.assignee is None
    assert assigning.spread() == 0
    _shift(away, away_until=None)
    assert assigning.spread() == 1
    second.refresh_from_db()
    assert second.assignee == away


def test_a_case_goes_back_when_the_shift_of_its_person_ends(auto: Queue) -> None:
    gone = build.user()
    case = _opened(1)
    there = build.user()
    _shift(gone, days=[])
    assigning.spread()
    case.refresh_from_db()
    assert case.assignee == there
    assert build.verbs(case)[-2:] == ["case.unassigned", "case.assigned"]


def test_what_a_lead_gave_stays_and_what_is_worked_on_stays(auto: Queue) -> None:
    lead, gone = build.user(Role.LEAD), build.user()
    kept, worked = build.case(), build.case()
    assign_case(actor=lead, case=kept, assignee=gone)
    Case.objects.filter(pk=worked.pk).update(assignee=gone)
    queue.claim(actor=gone, case=worked)
    _shift(gone, days=[])
    assigning.spread()
    assert set(Case.objects.filter(assignee=gone)) == {kept, worked}


def test_admins_and_strangers_are_handed_nothing(auto: Queue) -> None:
    build.user(Role.ADMIN)
    build.user(Role.PARTNER)
    assert _opened(1).assignee is None


def test_a_queue_that_people_pull_from_hands_out_nothing(db: None) -> None:
    build.user()
    assert _opened(1).assignee is None
    assert assigning.spread() == 0


@pytest.mark.django_db
def test_next_takes_own_cases_first_and_never_those_of_others() -> None:
    me, other = build.user(), build.user()
    theirs = build.case(priority=99, assignee=other)
    free = build.case(priority=50)
    mine = build.case(priority=1, assignee=me)
    late = build.case(priority=0, due_in=timedelta(hours=-1))
    assert [queue.claim_next(actor=me) for _ in range(3)] == [late, mine, free]
    assert queue.claim_next(actor=other) == theirs


@pytest.mark.django_db
def test_a_lead_assigns_and_takes_back_by_hand() -> None:
    lead, person, case = build.user(Role.LEAD), build.user(), build.case()
    assert assign_case(actor=lead, case=case, assignee=person).assignee == person
    assert [one.kind for one in notices_for(person)] == [NoticeKind.ASSIGNED]
    assert assign_case(actor=lead, case=case, assignee=None).assignee is None
    assert build.verbs(case) == ["case.assigned", "case.unassigned"]
    with pytest.raises(ForbiddenError):
        assign_case(actor=person, case=case, assignee=person)
    with pytest.raises(InvalidError, match="may not work"):
        assign_case(actor=lead, case=case, assignee=build.user(Role.PARTNER))
    with pytest.raises(ConflictError, match="only what waits"):
        assign_case(actor=lead, case=build.case(state=State.CLOSED), assignee=person)


@pytest.mark.django_db
def test_one_is_told_once_until_it_is_read() -> None:
    lead, person, case = build.user(Role.LEAD), build.user(), build.case()
    for assignee in (person, None, person):
        assign_case(actor=lead, case=case, assignee=assignee)
    assert notices_for(person).count() == 1
    assert read_notices(actor=person) == 1
    assert notices_for(person).count() == 0
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("hours", "days", "there"),
    [
        ((9, 17), [0], [(0, 9), (0, 16)]),
        ((22, 6), [0], [(0, 22), (0, 23), (1, 0), (1, 5)]),
        ((0, 0), [1], [(1, 0), (1, 23)]),
    ],
)
def test_a_shift_over_midnight_belongs_to_the_day_it_began(
    hours: tuple[int, int], days: list[int], there: list[tuple[int, int]]
) -> None:
    shift = Shift(days=days, start_min=60 * hours[0], end_min=60 * hours[1], zone="UTC")
    on = [
        (day, hour)
        for day in range(2)
        for hour in range(24)
        if assigning.on_shift(shift, MONDAY + timedelta(days=day, hours=hour))
    ]
    assert set(there) <= set(on)
    asked = (hours[1] - hours[0]) % 24 or 24
    assert len(on) == asked


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 7 * 1440 - 1))
def test_every_day_worked_two_halves_of_the_clock_cover_it_once(
    start: int, end: int, at: int
) -> None:
    now = MONDAY + timedelta(minutes=at)
    one = Shift(days=list(ALL_WEEK), start_min=start, end_min=end, zone="UTC")
    rest = Shift(days=list(ALL_WEEK), start_min=end, end_min=start, zone="UTC")
    both = assigning.on_shift(one, now) + assigning.on_shift(rest, now)
    assert both == (2 if start == end else 1)


def test_a_shift_is_in_its_own_time_zone() -> None:
    shift = Shift(days=[0], start_min=540, end_min=600, zone="America/New_York")
    assert assigning.on_shift(shift, MONDAY + timedelta(hours=14, minutes=30))
    assert not assigning.on_shift(shift, MONDAY + timedelta(hours=9, minutes=30))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"days": [7]}, "days"),
        ({"start_min": 1440}, "start_min"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"capacity": 0}, "capacity"),
        ({"skills": ["a b"]}, "skills"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_by_field(said: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        _shift(build.user(), **said)
    assert refused.value.field == field


@pytest.mark.django_db
def test_a_shift_in_words() -> None:
    shift = _shift(build.user(), days=[0, 1], start_min=540, end_min=1020, skills=["german"])
    assert words_of(shift) == "Mon, Tue 09:00 to 17:00 UTC, at most 20 cases, skills german"
