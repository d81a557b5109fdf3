"""Scores fall with age, never rise by themselves, and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.choices import Opinion, Stance
from detectors.intel.decay import (
    LEAST,
    LIFETIMES_D,
    base_of,
    curve,
    matching_d,
    score_at,
)
from detectors.intel.stance import stance_of
from detectors.watching.things import TYPES

BASES = st.floats(0, 100)
LIVES = st.floats(1, 400)


@pytest.mark.row(66)
def test_a_score_falls_fast_at_first_and_is_nothing_at_the_end() -> None:
    said = [round(score_at(80, age, 90), 1) for age in (0, 1, 10, 22.5, 45, 89, 90, 500)]
    assert said == [80, 71.6, 53.3, 40, 23.4, 0.4, 0, 0]


@given(BASES, LIVES, st.floats(0, 500), st.floats(0, 500))
def test_age_never_raises_a_score(base: float, life: float, one: float, other: float) -> None:
    young, old = sorted((one, other))
    assert 0 <= score_at(base, old, life) <= score_at(base, young, life) <= base


@given(st.floats(LEAST, 100), LIVES)
def test_it_matches_just_as_long_as_its_score_is_enough(base: float, life: float) -> None:
    until = matching_d(base, life)
    assert 0 <= until <= life
    assert score_at(base, until, life) == pytest.approx(LEAST, abs=1e-6) or until == 0
    if until > 0.01:
        assert score_at(base, until * 0.99, life) >= LEAST - 1e-9


@given(st.floats(0, LEAST - 0.001), LIVES)
def test_what_is_too_weak_never_matches(base: float, life: float) -> None:
    assert matching_d(base, life) == 0


def test_a_curve_runs_from_the_base_to_nothing() -> None:
    dots = curve(60, 14)
    assert (dots[0], dots[-1]) == ((0, 60), (14, 0))
    assert [score for _, score in dots] == sorted((score for _, score in dots), reverse=True)


def test_every_type_has_a_lifetime() -> None:
    assert set(LIFETIMES_D) == set(TYPES)


def test_the_base_is_trust_times_confidence() -> None:
    assert base_of(0.5, 80) == 40


@pytest.mark.parametrize(
    ("opinions", "stance"),
    [
        ((), Stance.NOTHING),
        ((Opinion.POSITIVE,), Stance.POSITIVE),
        ((Opinion.POSITIVE, Opinion.SEED), Stance.POSITIVE),
        ((Opinion.POSITIVE, Opinion.NEGATIVE), Stance.DISPUTED),
        ((Opinion.POSITIVE, Opinion.NEGATIVE, Opinion.SEED), Stance.DISPUTED),
        ((Opinion.SEED, Opinion.SEED), Stance.SEED),
        ((Opinion.NEGATIVE, Opinion.SEED), Stance.NEGATIVE),
    ],
)
def test_what_sources_say_together(opinions: tuple[str, ...], stance: Stance) -> None:
    assert stance_of(opinions) == stance
