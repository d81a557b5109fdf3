"""Who is one person, and what that person has against them: limits, time, sight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope, User
from cases.models import Case, Decision, Queue, Strike
from cases.selectors.strike import standings_by_case, standings_of, strikes_for
from cases.services.decision import undo_decision
from cases.strikes import VALUE_MAX, give
from cases.terms import Terms
from detectors.choices import EntityType
from detectors.entities import digest_of
from detectors.models import Entity, Signal, SignalEntity
from detectors.selectors import person
from detectors.selectors.actor import CROWD, HARD
from detectors.selectors.person import persons_of
from tests import cast, make
from tests.cases import build

pytestmark = pytest.mark.django_db


def entity(kind: str, value: str) -> Entity:
    row, _ = Entity.objects.get_or_create(
        digest=digest_of(kind, value),
        defaults={
            "type": kind, "value": value, "first_seen_at": build.NOON, "last_seen_at": build.NOON,
        },
    )  # fmt: skip
    return row


def seen(number: int, account: str, *identifiers: tuple[str, str]) -> Signal:
    """One signal of an account, later by its number, with what it named."""
    at = build.NOON + timedelta(minutes=number)
    signal = build.signal(number, at=at, actor=account.partition(":")[2])
    who = [("actor", entity(EntityType.ACCOUNT, account))]
    who += [("identifier", entity(*one)) for one in identifiers]
    SignalEntity.objects.bulk_create(
        SignalEntity(entity=one, signal_id=signal.pk, occurred_at=at, role=role)
        for role, one in who
    )
    return signal


def struck(*accounts: str, strikes: int = 4, half_life: int = 90) -> Decision:
    _, case = build.opened(members=accounts)
    under = build.policy(strikes=strikes, strike_half_life_days=half_life)
    return build.decided(build.user(), case, terms=Terms(policy=under))


def points(account: str, viewer: User | None = None) -> float:
    found = standings_of(account, viewer or cast.lead())
    return sum(one.points for one in found)


# --- ties ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(EntityType.values))
def test_only_what_is_one_persons_own_ties(kind: str) -> None:
    if kind == EntityType.ACCOUNT:
        return
    for number, account in enumerate(("x:a", "x:b")):
        seen(number, account, (kind, "v-1"))
    assert bool(persons_of(["x:a"])) is (kind in HARD)


@given(
    uses=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=14, unique=True
    )
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_tie_goes_both_ways_and_nobody_is_tied_to_themselves(
    uses: list[tuple[int, int]],
) -> None:
    SignalEntity.objects.all().delete()
    Signal.objects.all().delete()
    for number, (account, device) in enumerate(uses):
        seen(number, f"x:p{account}", ("device", f"d-{device}"))
    names = [f"x:p{number}" for number in range(6)]
    found = {(one.account, one.other, one.value) for one in persons_of(names)}
    expected = {
        (f"x:p{one}", f"x:p{other}", f"d-{device}")
        for one, device in uses
        for other, same in uses
        if device == same and one != other
    }
    assert found == expected
    for name in names:
        assert {tie for tie in found if tie[0] == name} == {
            (one.account, one.other, one.value) for one in persons_of([name])
        }


def test_several_identifiers_of_two_accounts_are_told_each() -> None:
    same = (("device", "d-1"), ("payment", "card-1"))
    seen(1, "x:a", *same)
    seen(2, "x:b", *same)
    assert [(one.type, one.value) for one in persons_of(["x:a"])] == list(same)


@pytest.mark.parametrize(("newer", "tied"), [(19, True), (20, False)])
def test_identifiers_are_looked_for_in_the_newest_signals_of_an_account(
    newer: int, *, tied: bool
) -> None:
    assert person.MAX_SIGNALS == 20
    seen(0, "x:b", ("device", "d-1"))
    seen(1, "x:a", ("device", "d-1"))
    for number in range(newer):
        seen(10 + number, "x:a")
    assert bool(persons_of(["x:a"])) is tied


def test_more_than_a_hundred_accounts_are_cut_and_ask_once() -> None:
    seen(1, "x:a", ("device", "d-1"))
    seen(2, "x:b", ("device", "d-1"))
    crowd = [f"x:n{number}" for number in range(person.MAX_ACCOUNTS - 1)]
    assert len(persons_of([*crowd, "x:a"])) == 1
    assert persons_of([*crowd, "x:n", "x:a"]) == []
    assert persons_of([]) == []


def test_an_account_that_no_signal_names_is_nobody() -> None:
    for name in ("x:none", "", ":", "\ud800", "x:\x00", "'; DROP TABLE detectors_entity; --"):
        assert persons_of([name]) == []


@pytest.mark.parametrize("size", [2, CROWD])
def test_all_of_a_household_carry_what_one_of_them_did(size: int) -> None:
    for number in range(size):
        seen(number, f"x:h{number}", ("device", "d-1"))
    struck("x:h0", "x:m", "x:n")
    for number in range(size):
        assert points(f"x:h{number}") == pytest.approx(4.0, abs=0.01)


# --- standing ------------------------------------------------------------------------------


def test_of_one_decision_the_strike_that_weighs_most_counts() -> None:
    """Strikes of one decision weigh the same; where one was taken back the other still counts."""
    seen(1, "x:a", ("device", "d-1"))
    seen(2, "x:b", ("device", "d-1"))
    struck("x:a", "x:b", "x:c")
    Strike.objects.filter(value="x:a").update(withdrawn_at=clock.now())
    (found,) = standings_of("x:a", cast.lead())
    assert [one.strike.value for one in found.strikes] == ["x:b"]
    assert found.points == pytest.approx(4.0, abs=0.01)


def test_points_fade_with_time_and_are_gone_at_the_end() -> None:
    seen(1, "x:a", ("device", "d-1"))
    seen(2, "x:b", ("device", "d-1"))
    with time_machine.travel(build.NOON, tick=False) as at:
        struck("x:a", "x:c", "x:d", half_life=30)
        told = []
        for days in (0, 30, 60):
            at.move_to(build.NOON + timedelta(days=days))
            told.append((points("x:a"), points("x:b")))
        assert told == [(4.0, 4.0), (2.0, 2.0), (1.0, 1.0)]
        at.move_to(Strike.objects.latest("expires_at").expires_at)
        assert standings_of("x:b", cast.lead()) == []


def test_an_undo_takes_back_what_the_person_had_for_all_their_accounts() -> None:
    seen(1, "x:a", ("device", "d-1"))
    seen(2, "x:b", ("device", "d-1"))
    decision = struck("x:a", "x:c", "x:d")
    undo_decision(actor=decision.actor, decision=decision)
    assert (points("x:a"), points("x:b")) == (0, 0)


def test_the_worst_stand_first_and_equals_by_name() -> None:
    with time_machine.travel(build.NOON, tick=False):
        struck("x:c", "x:b", "x:m1")
        struck("x:a", "x:b", "x:m2")
        _, case = build.opened(members=("x:a", "x:b", "x:c", "x:d"))
        found = standings_by_case(case, cast.lead())
    assert [one.account for one in found] == ["x:b", "x:a", "x:c"]
    assert [round(one.points) for one in found] == [8, 4, 4]
    assert [one.strike.decision.case_id for one in found[0].strikes] == sorted(
        (one.strike.decision.case_id for one in found[0].strikes), reverse=True
    )


@pytest.mark.parametrize(
    ("who", "seen_by"),
    [(cast.reviewer, 0), (cast.lead, 3), (cast.admin, 3), (cast.partner, 0), (cast.integration, 0)],
)
def test_strikes_of_a_case_out_of_sight_are_out_of_sight(
    who: Callable[[], User], seen_by: int
) -> None:
    decision = struck("x:a", "x:b", "x:c")
    hidden = Queue.objects.create(
        slug="hidden", title="Hidden", roles=[Role.LEAD, Role.ADMIN], position=9
    )
    Case.objects.filter(pk=decision.case_id).update(queue=hidden)
    viewer = who()
    assert strikes_for(viewer).count() == seen_by
    assert bool(standings_of("x:a", viewer)) is bool(seen_by)


@pytest.mark.parametrize("more", [0, 1])
def test_a_name_that_is_too_long_gets_no_strike_and_the_others_do(more: int) -> None:
    """What a report names may be longer than any account that a source sent."""
    decision = struck("x:a", "x:b", "x:c")
    Strike.objects.all().delete()
    long = "x:" + "l" * (VALUE_MAX - 2 + more)
    for account in (long, "x:a"):
        decision.actions.create(entity_type=EntityType.ACCOUNT, value=account, kind="warn")
    give(decision)
    assert set(Strike.objects.values_list("value", flat=True)) == {"x:a", long} - (
        {long} if more else set()
    )


@pytest.mark.parametrize("account", ["", "x:none", "\x00", "x:<script>", "x:" + "l" * 5_000])
def test_rest_answers_for_any_account_and_never_breaks(account: str) -> None:
    program = Client(headers=make.bearer(Scope.READ, user=cast.lead()))
    answer = program.get("/api/v1/strikes/", {"account": account})
    assert answer.status_code in {200, 400, 422}
    if answer.status_code == 200:
        assert answer.json() == []
    else:
        assert answer.json()["errors"][0]["attr"] == "account"
