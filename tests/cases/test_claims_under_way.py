"""Claims as people and time pass: one holder, ten minutes, what is lost says to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk.core import clock, ids
from abusedesk.core.errors import (
    AbuseDeskError,
    ClaimLostError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
)
from abusedesk.core.models import AuditEntry, Role, User
from cases import claims, queue
from cases.choices import NoticeKind
from cases.models import Case, Notice, Presence, Queue
from cases.selectors.presence import NAMED, STAYS, viewers_of
from cases.services.presence import note_presence
from tests import cast
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db

LASTS = claims.LASTS


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def browser(who: User) -> Client:
    one = Client()
    one.force_login(who)
    return one


# --- time ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "held"),
    [
        (timedelta(), True),
        (LASTS - timedelta(microseconds=1), True),
        (LASTS, False),
        (LASTS + timedelta(days=400), False),
    ],
)
def test_a_claim_ends_at_its_moment_and_not_before(after: timedelta, *, held: bool) -> None:
    case, first, second = build.case(), build.user(), build.user()
    with time_machine.travel(build.NOON, tick=False) as at:
        claimed = queue.claim(actor=first, case=case)
        at.move_to(build.NOON + after)
        assert claims.holder_of(claimed) == (first if held else None)
        if held:
            with pytest.raises(ConflictError) as refused:
                queue.claim(actor=second, case=case)
            assert refused.value.message == f"{case.ref} is claimed by {first}."
        else:
            assert queue.claim(actor=second, case=case).claimed_by == second
    assert not Notice.objects.exists()  # nobody lost what had ended by itself


def test_heartbeats_keep_a_claim_for_as_long_as_they_come() -> None:
    case, person = build.case(), build.user()
    with time_machine.travel(build.NOON, tick=False) as at:
        claim_id = queue.claim(actor=person, case=case).claim_id
        assert claim_id is not None
        for beat in range(1, 30):
            at.move_to(build.NOON + timedelta(minutes=9 * beat))
            renewed = queue.renew(actor=person, case=case, claim_id=claim_id)
            assert renewed.claim_expires_at == clock.now() + LASTS
            assert renewed.claim_id == claim_id
    assert build.verbs(case) == ["case.claimed"]


# --- what is lost --------------------------------------------------------------------------


def _taken_over(case: Case, first: User) -> None:
    queue.claim(actor=build.user(Role.LEAD, "boss"), case=case)


def _released(case: Case, first: User) -> None:
    queue.release(actor=first, case=case)


def _expired(case: Case, first: User) -> None:
    Case.objects.filter(pk=case.pk).update(claim_expires_at=clock.now())


def _again(case: Case, first: User) -> None:
    queue.release(actor=first, case=case)
    queue.claim(actor=first, case=case)


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (_taken_over, "is claimed by boss now."),
        (_released, "has ended. Claim it again; your text is kept."),
        (_expired, "has ended. Claim it again; your text is kept."),
        (_again, "again elsewhere. Go on there, or claim it again here."),
    ],
)
def test_who_goes_on_with_a_lost_claim_is_told_how_it_was_lost(
    happens: Callable[[Case, User], None], said: str
) -> None:
    case, first = build.case(), build.user()
    claim_id = queue.claim(actor=first, case=case).claim_id
    assert claim_id is not None
    happens(case, first)
    before = fresh(case).claim_expires_at
    with pytest.raises(ClaimLostError, match=said):
        queue.renew(actor=first, case=case, claim_id=claim_id)
    assert fresh(case).claim_expires_at == before


def test_a_claim_of_another_person_is_not_kept_alive_with_its_number() -> None:
    case, first, second = build.case(), build.user(), build.user()
    claim_id = queue.claim(actor=first, case=case).claim_id
    assert claim_id is not None
    for number in (claim_id, ids.new_uuid()):
        with pytest.raises(ClaimLostError, match=f"claimed by {first} now"):
            queue.renew(actor=second, case=case, claim_id=number)


def test_a_case_in_other_hands_is_not_given_back_by_who_lost_it() -> None:
    case, first = build.case(), build.user()
    queue.claim(actor=first, case=case)
    _taken_over(case, first)
    with pytest.raises(ClaimLostError, match="claimed by boss") as lost:
        queue.release(actor=first, case=case)
    assert lost.value.data["holder"] == "boss"
    assert str(fresh(case).claimed_by) == "boss"


@pytest.mark.parametrize(
    ("role", "taken"),
    [(Role.REVIEWER, False), (Role.LEAD, True), (Role.ADMIN, True)],
)
def test_leads_and_admins_take_over_and_a_reviewer_does_not(role: Role, *, taken: bool) -> None:
    case, first, other = build.case(), build.user(), build.user(role)
    queue.claim(actor=first, case=case)
    if taken:
        queue.claim(actor=other, case=case)
    else:
        with pytest.raises(ConflictError):
            queue.claim(actor=other, case=case)
    assert fresh(case).claimed_by == (other if taken else first)
    told = Notice.objects.filter(kind=NoticeKind.TAKEN_OVER).values_list("user", flat=True)
    assert list(told) == ([first.pk] if taken else [])
    entry = AuditEntry.objects.filter(verb="case.taken_over").first()
    assert (entry.data["was"] if entry else None) == (str(first) if taken else None)


@pytest.mark.parametrize("who", [cast.integration, cast.partner, cast.outsider])
def test_who_works_on_no_cases_claims_renews_and_releases_none(who: Callable[[], User]) -> None:
    case, actor = build.case(), who()
    deeds: list[Callable[[], Any]] = [
        lambda: queue.claim(actor=actor, case=case),
        lambda: queue.release(actor=actor, case=case),
        lambda: queue.renew(actor=actor, case=case, claim_id=ids.new_uuid()),
        lambda: queue.claim_next(actor=actor),
    ]
    for deed in deeds:
        with pytest.raises((ForbiddenError, NotFoundError)):
            deed()
    assert fresh(case).claimed_by is None
    assert build.verbs(case) == []


@pytest.mark.django_db(transaction=True)
def test_of_leads_who_take_over_at_once_each_takes_it_from_the_one_before() -> None:
    case, first = build.case(), build.user()
    queue.claim(actor=first, case=case)
    leads = [build.user(Role.LEAD) for _ in range(4)]
    build.at_once(4, lambda place: queue.claim(actor=leads[place], case=case))
    entries = list(AuditEntry.objects.filter(verb="case.taken_over").order_by("pk"))
    assert [one.data["was"] for one in entries] == [
        str(first), *(str(one.actor) for one in entries[:-1]),
    ]  # fmt: skip
    assert fresh(case).claimed_by == entries[-1].actor
    lost = set(Notice.objects.values_list("user", flat=True))
    assert lost == {first.pk, *(one.pk for one in leads)} - {entries[-1].actor_id}


# --- a walk --------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "release", "renew", "next", "wait"]),
        st.integers(0, 2),
        st.integers(0, 1),
        st.integers(1, 11),
    ),
    max_size=16,
)


@given(steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_do_a_case_is_in_the_hands_that_the_record_tells(
    steps: list[tuple[str, int, int, int]],
) -> None:
    """Two reviewers, a lead and two cases: a model of claims agrees with the desk all the way."""
    Case.objects.all().delete()
    people = [build.user(), build.user(), build.user(Role.LEAD)]
    cases = [build.case(priority=9), build.case(priority=8)]
    known: dict[int, tuple[User, UUID]] = {}
    at, ends = build.NOON, dict.fromkeys((one.pk for one in cases), build.NOON)
    for deed, who, which, minutes in steps:
        actor, case = people[who], cases[which]
        with time_machine.travel(at, tick=False):
            holder = known[case.pk][0] if case.pk in known and ends[case.pk] > at else None
            if deed == "wait":
                at += timedelta(minutes=minutes)
                continue
            try:
                got = _do(deed, actor, case, known)
            except AbuseDeskError:
                assert holder != actor or deed == "renew"
                continue
            if got is None:
                continue
            if deed == "release":
                known.pop(got.pk, None)
                ends[got.pk] = at
                continue
            if deed == "claim":
                assert holder in {None, actor} or actor.role == Role.LEAD
            assert got.claimed_by == actor
            assert got.claim_id is not None
            known[got.pk], ends[got.pk] = (actor, got.claim_id), at + LASTS
    with time_machine.travel(at, tick=False):
        for case in cases:
            told = claims.holder_of(fresh(case))
            assert told == (known[case.pk][0] if ends[case.pk] > at else None)


def _do(deed: str, actor: User, case: Case, known: dict[int, tuple[User, UUID]]) -> Case | None:
    if deed == "claim":
        return queue.claim(actor=actor, case=case)
    if deed == "release":
        return queue.release(actor=actor, case=case)
    if deed == "next":
        return queue.claim_next(actor=actor)
    claim_id = known[case.pk][1] if case.pk in known else ids.new_uuid()
    return queue.renew(actor=actor, case=case, claim_id=claim_id)


# --- presence ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "seen"),
    [(timedelta(), True), (STAYS, True), (STAYS + timedelta(microseconds=1), False)],
)
def test_who_looks_is_named_until_three_rounds_are_missed(after: timedelta, *, seen: bool) -> None:
    case, reader, viewer = build.case(), build.user(name="rose"), build.user()
    with time_machine.travel(build.NOON, tick=False) as at:
        note_presence(actor=reader, case=case)
        at.move_to(build.NOON + after)
        assert viewers_of(case, viewer) == (["rose"] if seen else [])


def test_a_clock_that_was_set_back_makes_nobody_vanish() -> None:
    case, reader, viewer = build.case(), build.user(name="rose"), build.user()
    with time_machine.travel(build.NOON, tick=False) as at:
        note_presence(actor=reader, case=case)
        at.move_to(build.NOON - timedelta(hours=1))
        note_presence(actor=reader, case=case)
        assert viewers_of(case, viewer) == ["rose"]
        assert Presence.objects.get().seen_at == build.NOON


def test_a_crowd_is_cut_and_named_by_name() -> None:
    case, viewer = build.case(), build.user()
    for number in reversed(range(NAMED + 3)):
        note_presence(actor=build.user(name=f"p{number:02}"), case=case)
    assert viewers_of(case, viewer) == [f"p{number:02}" for number in range(NAMED)]


def test_who_was_switched_off_is_not_here_any_more() -> None:
    case, reader, viewer = build.case(), build.user(), build.user()
    note_presence(actor=reader, case=case)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert viewers_of(case, viewer) == []


def test_a_case_that_moves_out_of_sight_hides_who_looks_at_it() -> None:
    case, lead, viewer = build.case(), build.user(Role.LEAD, "lisa"), build.user()
    note_presence(actor=lead, case=case)
    hidden = Queue.objects.create(slug="hidden", title="Hidden", roles=[Role.LEAD], position=9)
    Case.objects.filter(pk=case.pk).update(queue=hidden)
    assert viewers_of(fresh(case), viewer) == []
    assert viewers_of(fresh(case), build.user(Role.LEAD)) == ["lisa"]


@pytest.mark.django_db(transaction=True)
def test_one_person_with_many_windows_is_one_row() -> None:
    reader, all_ = build.user(), [build.case() for _ in range(6)]
    build.at_once(6, lambda place: note_presence(actor=reader, case=all_[place]))
    assert Presence.objects.get().case in all_


def test_a_name_that_attacks_stays_text_where_it_is_told() -> None:
    desk = world.desk(1)
    (case,) = desk.cases
    note_presence(actor=build.user(name='<img src=x onerror="a()">'), case=case)
    shown = browser(desk.reviewer).get(f"/cases/{case.ref}/").content.decode()
    assert "is viewing too" in shown
    assert "<img src=x" not in shown
