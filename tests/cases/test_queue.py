"""Claims: exclusive, with an end, most urgent first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from abusedesk.core import clock, ids
from abusedesk.core.errors import ClaimLostError, ConflictError
from abusedesk.core.models import Role, User
from cases import queue
from cases.choices import State
from cases.models import Case, Queue
from cases.selectors.case import queue_counts, queue_page
from cases.selectors.place import place_of
from tests.cases import build

pytestmark = pytest.mark.django_db


def _expire(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(claim_expires_at=clock.now() - timedelta(seconds=1))


def test_next_takes_breached_cases_first_then_by_priority_then_the_oldest() -> None:
    low = build.case(priority=1)
    first, second = build.case(priority=50), build.case(priority=50)
    late = build.case(priority=2, due_in=timedelta(hours=-1))
    reviewer = build.user()
    order = [queue.claim_next(actor=reviewer) for _ in range(4)]
    assert order == [late, first, second, low]


def test_the_list_and_the_position_follow_the_same_order() -> None:
    reviewer = build.user()
    build.case(priority=1)
    build.case(priority=50)
    build.case(priority=50)
    build.case(priority=2, due_in=timedelta(hours=-1))
    build.case(priority=99, state=State.CLOSED)
    rows = list(queue_page(reviewer, Queue.objects.get(), State.OPEN))
    assert [place_of(row, reviewer)[:2] for row in rows] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [queue.claim_next(actor=reviewer) for _ in rows] == rows


def test_a_claim_holds_for_ten_minutes_and_bears_an_id() -> None:
    reviewer = build.user()
    build.case()
    case = queue.claim_next(actor=reviewer)
    assert case is not None
    assert case.claimed_by == reviewer
    assert case.claim_id is not None
    left = case.claim_expires_at - clock.now() if case.claim_expires_at else timedelta()
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)


def test_next_means_new_work_and_comes_back_to_own_work_only_at_the_end() -> None:
    reviewer = build.user()
    build.case(priority=9)
    build.case(priority=8)
    first = queue.claim_next(actor=reviewer)
    second = queue.claim_next(actor=reviewer, skip=first)
    assert first is not None
    assert second not in (None, first)
    again = queue.claim_next(actor=reviewer, skip=second)
    assert again == first
    assert again is not None
    assert again.claim_id == first.claim_id
    assert queue.claim_next(actor=reviewer) == first


def test_the_case_on_the_screen_is_never_the_next_one() -> None:
    reviewer, case = build.user(), build.case()
    queue.claim(actor=reviewer, case=case)
    queue.release(actor=reviewer, case=case)
    assert queue.claim_next(actor=reviewer, skip=case) is None


def test_an_expired_claim_is_free() -> None:
    away, reviewer, case = build.user(), build.user(), build.case()
    queue.claim(actor=away, case=case)
    assert queue.claim_next(actor=reviewer) is None
    _expire(case)
    assert queue.claim_next(actor=reviewer) == case


def test_next_stays_in_its_queue() -> None:
    other = Queue.objects.create(slug="other", title="Other")
    inside = build.case(priority=1, queue=other)
    build.case(priority=99)
    assert queue.claim_next(actor=build.user(), queue=other) == inside


@pytest.mark.parametrize("state", [State.SNOOZED, State.CLOSED, State.MERGED])
def test_only_what_waits_can_be_claimed(state: State) -> None:
    reviewer, case = build.user(), build.case(state=state)
    assert queue.claim_next(actor=reviewer) is None
    with pytest.raises(ConflictError, match="cannot be claimed"):
        queue.claim(actor=reviewer, case=case)


def test_a_colleague_is_told_who_holds_the_case() -> None:
    holder, other, case = build.user(), build.user(), build.case()
    queue.claim(actor=holder, case=case)
    with pytest.raises(ConflictError, match=f"claimed by {holder}"):
        queue.claim(actor=other, case=case)
    with pytest.raises(ClaimLostError):
        queue.release(actor=other, case=case)


def test_a_lead_takes_over_and_the_first_persons_claim_is_lost() -> None:
    holder, lead, case = build.user(), build.user(Role.LEAD), build.case()
    first = queue.claim(actor=holder, case=case)
    assert first.claim_id is not None
    taken = queue.claim(actor=lead, case=case)
    assert taken.claimed_by == lead
    with pytest.raises(ClaimLostError, match=f"claimed by {lead} now"):
        queue.renew(actor=holder, case=case, claim_id=first.claim_id)
    assert build.verbs(case) == ["case.claimed", "case.taken_over"]


def test_claiming_twice_keeps_the_claim() -> None:
    reviewer, case = build.user(), build.case()
    first = queue.claim(actor=reviewer, case=case)
    again = queue.claim(actor=reviewer, case=case)
    assert again.claim_id == first.claim_id
    assert build.verbs(case) == ["case.claimed"]


def test_a_heartbeat_renews_and_an_ended_claim_cannot_be_renewed() -> None:
    reviewer, case = build.user(), build.case()
    held = queue.claim(actor=reviewer, case=case)
    assert held.claim_id is not None
    Case.objects.filter(pk=case.pk).update(claim_expires_at=clock.now() + timedelta(seconds=5))
    renewed = queue.renew(actor=reviewer, case=case, claim_id=held.claim_id)
    assert renewed.claim_expires_at is not None
    assert renewed.claim_expires_at > clock.now() + timedelta(minutes=9)
    _expire(case)
    with pytest.raises(ClaimLostError, match="has ended"):
        queue.renew(actor=reviewer, case=case, claim_id=held.claim_id)
    with pytest.raises(ClaimLostError):
        queue.renew(actor=reviewer, case=case, claim_id=ids.new_uuid())


def test_releasing_gives_the_case_back_and_twice_is_harmless() -> None:
    reviewer, case = build.user(), build.case()
    queue.claim(actor=reviewer, case=case)
    assert queue.release(actor=reviewer, case=case).claimed_by is None
    assert queue.release(actor=reviewer, case=case).claim_id is None
    assert build.verbs(case) == ["case.claimed", "case.released"]


def test_the_counts_of_a_queue_are_those_of_its_rows() -> None:
    for state in (State.OPEN, State.OPEN, State.ESCALATED, State.SNOOZED, State.CLOSED):
        build.case(state=state)
    build.case(due_in=timedelta(hours=-1), regressed=True)
    build.case(due_in=timedelta(hours=2))
    (row,) = queue_counts(build.user())
    assert (row.open, row.escalated, row.snoozed, row.closed) == (4, 1, 1, 1)
    assert (row.late, row.at_risk, row.regressed, row.backlog) == (1, 2, 1, 5)
    assert row.oldest_at == Case.objects.order_by("opened_at")[0].opened_at
    assert (row.slug, row.title, row.sla_hours) == ("inbox", "Inbox", 24)


def _clear(user: User, times: int) -> list[int]:
    taken = []
    skip = None
    for _ in range(times):
        skip = queue.claim_next(actor=user, skip=skip)
        if skip is not None:
            taken.append(skip.pk)
    return taken


@pytest.mark.row(29)
@pytest.mark.django_db(transaction=True)
def test_two_people_who_press_next_fifty_times_get_a_hundred_different_cases() -> None:
    for number in range(100):
        build.case(priority=number % 7)
    people = [build.user(), build.user()]
    taken = build.at_once(2, lambda place: _clear(people[place], 50))
    assert [len(one) for one in taken] == [50, 50]
    assert len(set(taken[0]) | set(taken[1])) == 100


@pytest.mark.row(29)
@pytest.mark.django_db(transaction=True)
def test_eight_people_share_a_hundred_cases_without_overlap() -> None:
    for number in range(100):
        build.case(priority=number % 3)
    people = [build.user() for _ in range(8)]
    taken = build.at_once(8, lambda place: _clear(people[place], 13))
    flat = [pk for one in taken for pk in one[: len(set(one))]]
    fresh = [set(one) for one in taken]
    assert sum(len(one) for one in fresh) == 100
    assert len(set(flat)) == 100


@pytest.mark.row(29)
@pytest.mark.django_db(transaction=True)
def test_one_person_in_two_browsers_gets_different_cases_too() -> None:
    for _ in range(40):
        build.case()
    person = build.user()
    taken = build.at_once(2, lambda _: _clear(person, 20))
    assert len(set(taken[0]) | set(taken[1])) == 40


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_claim_one_case_one_gets_it() -> None:
    case = build.case()
    people = [build.user() for _ in range(8)]

    def claim(place: int) -> bool:
        try:
            queue.claim(actor=people[place], case=case)
        except ConflictError:
            return False
        return True

    assert sum(build.at_once(8, claim)) == 1
