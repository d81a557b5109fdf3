"""Strikes: given by confirmed cases, fading, ending, taken back; and what they recommend."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from cases import recommend
from cases.choices import ActionKind, Severity
from cases.models import Strike
from cases.selectors.strike import standings_by_case, standings_of
from cases.services.decision import undo_decision
from cases.strikes import worth
from cases.terms import Act, Terms
from detectors.choices import Outcome
from tests.cases import build

POINTS = st.integers(1, 100)


def _strike(points: int = 4, half_life: int = 10, days: int = 100) -> Strike:
    return Strike(
        points=points,
        half_life_days=half_life,
        given_at=build.NOON,
        expires_at=build.NOON + timedelta(days=days),
    )


def _at(days: float) -> datetime:
    return build.NOON + timedelta(days=days)


@pytest.mark.row(48)
def test_a_strike_halves_in_its_half_life_and_ends() -> None:
    strike = _strike(points=4, half_life=10, days=100)
    found = [worth(strike, _at(days)) for days in (0, 10, 20, 99.999, 100, 1_000)]
    assert found[:3] == [4.0, 2.0, 1.0]
    assert 0 < found[3] < 0.01
    assert found[4:] == [0.0, 0.0]


@pytest.mark.row(48)
@given(points=POINTS, half_life=st.integers(1, 400), early=st.floats(0, 500), more=st.floats(0, 99))
def test_a_strike_never_grows(points: int, half_life: int, early: float, more: float) -> None:
    strike = _strike(points, half_life, 365)
    assert worth(strike, _at(early)) >= worth(strike, _at(early + more)) >= 0.0
    assert worth(strike, _at(-more)) == points


def test_a_strike_that_was_taken_back_is_worth_nothing() -> None:
    strike = _strike()
    strike.withdrawn_at = build.NOON
    assert worth(strike, build.NOON) == 0.0


@pytest.mark.row(48)
@pytest.mark.django_db
def test_a_second_confirmed_case_weighs_on_the_first() -> None:
    reviewer = build.user()
    under = build.policy(strikes=3, strike_half_life_days=10, strike_days=100)
    _, first = build.opened()
    build.decided(reviewer, first, terms=Terms(policy=under))
    _, second = build.opened(members=build.accounts(4))
    found = standings_by_case(second, reviewer)
    assert [one.account for one in found] == build.accounts(4)
    assert found[0].points == pytest.approx(3.0, abs=0.01)
    aged = clock.now() - timedelta(days=10)
    Strike.objects.update(given_at=aged, expires_at=aged + timedelta(days=100))
    assert standings_of("x:a1", reviewer)[0].points == pytest.approx(1.5, abs=0.01)
    Strike.objects.update(expires_at=clock.now())
    assert standings_of("x:a1", reviewer) == []


@pytest.mark.row(48)
@pytest.mark.django_db
def test_strikes_of_several_cases_add_up() -> None:
    reviewer, under = build.user(), build.policy(strikes=3)
    for _ in range(2):
        _, case = build.opened(members=build.accounts(4))
        build.decided(reviewer, case, terms=Terms(policy=under))
    (found,) = standings_of("x:a1", reviewer)
    assert found.points == pytest.approx(6.0, abs=0.01)
    assert len(found.strikes) == 2


@pytest.mark.django_db
def test_a_case_does_not_weigh_on_itself() -> None:
    reviewer = build.user()
    _, case = build.opened()
    build.decided(reviewer, case, terms=Terms(policy=build.policy()))
    assert standings_by_case(case, reviewer) == []
    assert len(standings_of("x:a1", reviewer)) == 1


@pytest.mark.django_db
def test_who_was_not_acted_on_gets_no_strike() -> None:
    _, case = build.opened()
    acts = [Act("x:a1", ActionKind.SUSPEND), Act("d-1", ActionKind.BLOCK, entity_type="device")]
    build.decided(build.user(), case, terms=Terms(policy=build.policy(), actions=acts))
    assert [one.value for one in Strike.objects.all()] == ["x:a1"]


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", [Outcome.LEGITIMATE, Outcome.NO_ABUSE, Outcome.UNSURE])
def test_only_confirmed_abuse_gives_strikes(outcome: Outcome) -> None:
    _, case = build.opened()
    build.decided(build.user(), case, outcome, terms=Terms(policy=build.policy()))
    assert not Strike.objects.exists()


@pytest.mark.django_db
def test_an_undo_takes_strikes_back() -> None:
    _, case = build.opened()
    reviewer = build.user()
    decision = build.decided(reviewer, case, terms=Terms(policy=build.policy()))
    assert standings_of("x:a1", reviewer)
    undo_decision(actor=reviewer, decision=decision)
    assert standings_of("x:a1", reviewer) == []


@pytest.mark.parametrize(
    ("harm", "severity", "strikes", "label"),
    [
        (Severity.LOW, Severity.LOW, 0.0, "Warn"),
        (Severity.MEDIUM, Severity.LOW, 0.0, "Limit reach 7 days"),
        (Severity.MEDIUM, Severity.HIGH, 0.0, "Suspend 7 days"),
        (Severity.HIGH, Severity.CRITICAL, 0.0, "Suspend 30 days"),
        (Severity.HIGH, Severity.CRITICAL, 1.0, "Terminate"),
        (Severity.CRITICAL, Severity.INFO, 99.0, "Warn"),
    ],
)
def test_the_ladder_of_recommendations(
    harm: int, severity: int, strikes: float, label: str
) -> None:
    assert recommend.recommend(harm=harm, severity=severity, strikes=strikes).label == label


@given(
    harm=st.integers(1, 4), severity=st.integers(0, 4), few=st.floats(0, 50), more=st.floats(0, 50)
)
def test_more_strikes_never_recommend_less(
    harm: int, severity: int, few: float, more: float
) -> None:
    kinds = [kind for _, kind, _ in recommend.LADDER]
    before = recommend.recommend(harm=harm, severity=severity, strikes=few)
    after = recommend.recommend(harm=harm, severity=severity, strikes=few + more)
    assert kinds.index(after.kind) <= kinds.index(before.kind)


def test_a_recommendation_says_why() -> None:
    found = recommend.recommend(harm=Severity.HIGH, severity=Severity.MEDIUM, strikes=1.5)
    assert found.reason == "harm high (3) x severity medium (2) x (1 + 1.5 strikes) = 15.0"
