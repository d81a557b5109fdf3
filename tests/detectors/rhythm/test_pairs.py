"""Chance of common minutes, and who hangs together with whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from detectors.rhythm.bins import PER_HOUR, WEEK_H, Beat, hour_of_week
from detectors.rhythm.pairs import (
    MAX_PAIRS,
    Limits,
    pairs_of,
    poisson_tail,
)

LIMITS = Limits(0.9, 0.01, 50)
ALL = 0xFFFFFFFF


def beat(account: str, bins: list[int], ties: tuple[int, ...] = (1,), reach: int = ALL) -> Beat:
    return Beat(account, sorted(bins), list(range(len(bins))), list(ties), reach)


def weekly(minute: int, weeks: int = 40) -> list[int]:
    """One act a week, in bin `minute` of one hour."""
    return [PER_HOUR * (WEEK_H * week + 9) + minute for week in range(weeks)]


@given(number=st.integers(1, 400), mean=st.floats(0.001, 300))
def test_the_tail_is_that_of_poisson(number: int, mean: float) -> None:
    found = poisson_tail(number, mean)
    if number <= mean:
        assert found == 1.0
    else:
        assert found == pytest.approx(float(poisson.sf(number - 1, mean)), rel=0.01, abs=1e-290)


def test_nothing_expected_makes_one_impossible() -> None:
    assert poisson_tail(1, 0.0) == 0.0
    assert poisson_tail(0, 0.0) == 1.0


def test_two_that_meet_every_week_in_an_hour_of_others_are_a_pair() -> None:
    others = [
        beat(f"w{n}", [(week * 7 + n * 5) % PER_HOUR + PER_HOUR * (WEEK_H * week + 9)
                       for week in range(40)])
        for n in range(12)
    ]  # fmt: skip
    shared = [(week * 5 + 3) % PER_HOUR + PER_HOUR * (WEEK_H * week + 9) for week in range(40)]
    found = pairs_of([*others, beat("a", shared), beat("b", shared)], LIMITS)
    assert (12, 13) in {(one.one, one.two) for one in found}
    (pair,) = [one for one in found if one.two == 13 and one.one == 12]
    assert pair.same == 40
    assert pair.cosine == pytest.approx(1.0)
    assert pair.expected < 5


def test_without_a_tie_nobody_is_compared() -> None:
    assert pairs_of([beat("a", weekly(3), ()), beat("b", weekly(3), ())], LIMITS) == []
    assert pairs_of([beat("a", weekly(3), (1,)), beat("b", weekly(3), (2,))], LIMITS) == []
    assert pairs_of([], LIMITS) == []


def test_another_hour_of_the_week_is_another_rhythm() -> None:
    later = [place + PER_HOUR for place in weekly(3)]
    assert pairs_of([beat("a", weekly(3)), beat("b", later)], LIMITS) == []


def test_a_sample_is_compared_with_the_same_part_of_the_other() -> None:
    """Half of b's bins were dropped; only the half of a that could be there counts as missed."""
    bins = [PER_HOUR * hour + hour % PER_HOUR for hour in range(400)]
    reach = ALL // 2
    half = [place for place in bins if place * 0x9E3779B1 & ALL <= reach]
    (pair,) = pairs_of([beat("a", bins), beat("b", half, reach=reach)], Limits(0.5, 0.01, 50))
    assert pair.same == len(half)


def test_the_work_is_bounded_however_many_share_a_tie() -> None:
    crowd = [beat(f"a{n:04}", [n], tuple(range(n % 40, n % 40 + 20))) for n in range(900)]
    assert pairs_of(crowd, Limits(0.99, 0.01, 1_000)) == []
    assert len(crowd) * (len(crowd) - 1) // 2 > MAX_PAIRS


def test_the_hour_of_the_week_comes_round() -> None:
    assert hour_of_week(0) == hour_of_week(PER_HOUR * WEEK_H) == 0
    assert hour_of_week(PER_HOUR * WEEK_H - 1) == WEEK_H - 1
