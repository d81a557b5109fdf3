"""Chance of common minutes, and who hangs together with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy.stats import poisson

from detectors.rhythm import pairs
from detectors.rhythm.beats import Beats, columns, merge
from detectors.rhythm.bins import PER_HOUR, WEEK_H, Beat, hour_of_week
from detectors.rhythm.pairs import MAX_PAIRS, Limits, Pair, poisson_tail

LIMITS = Limits(0.9, 0.01, 50)
ALL = 0xFFFFFFFF


def beat(account: str, bins: list[int], ties: tuple[int, ...] = (1,), reach: int = ALL) -> Beat:
    return Beat(account, sorted(bins), list(range(len(bins))), list(ties), reach)


def told(beats: Sequence[Beat]) -> Beats:
    """As a tick reads them; places stay where names are in order."""
    return merge([columns(beats)], len(beats))


def pairs_of(beats: Sequence[Beat], limits: Limits) -> list[Pair]:
    named = [replace(one, account=f"{n:04} {one.account}") for n, one in enumerate(beats)]
    return pairs.pairs_of(told(named), limits)


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


@given(
    ties=st.lists(st.sets(st.integers(0, 6), max_size=4), max_size=12),
    cap=st.integers(1, 6),
    most=st.sampled_from([1, 3, 7, 1_000]),
)
def test_candidates_are_those_that_a_slow_search_finds_the_rarest_tie_first(
    ties: list[set[int]], cap: int, most: int
) -> None:
    beats = [beat(f"a{n:02}", [n], tuple(sorted(mine))) for n, mine in enumerate(ties)]
    users = Counter(tie for mine in ties for tie in mine)
    slow: dict[tuple[int, int], None] = {}
    for tie in sorted((tie for tie in users if users[tie] <= cap), key=lambda t: (users[t], t)):
        there = [place for place, mine in enumerate(ties) if tie in mine]
        slow |= dict.fromkeys(sorted(combinations(there, 2), key=lambda pair: pair[::-1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "MAX_PAIRS", most)
        found = pairs._tied(told(beats), cap)
    assert [(one, two) for one, two in found.tolist()] == sorted([*slow][:most])


@given(st.lists(st.lists(st.integers(0, 3 * PER_HOUR * WEEK_H), max_size=20), max_size=6))
def test_crowding_is_the_chance_that_two_acts_of_an_hour_share_a_bin(rows: list[list[int]]) -> None:
    beats = [beat(f"a{n}", sorted(set(bins))) for n, bins in enumerate(rows)]
    crowd = Counter(place for one in beats for place in one.bins)
    first, last = (edge // PER_HOUR for edge in (min(crowd, default=0), max(crowd, default=0)))
    acts: dict[int, list[int]] = {}
    for place in range(first * PER_HOUR, (last + 1) * PER_HOUR):
        acts.setdefault(hour_of_week(place), []).append(crowd[place] + 1)
    for hour, chance in enumerate(pairs._crowding(told(beats)).tolist()):
        numbers = acts.get(hour, [])
        assert chance == (sum(n * n for n in numbers) / sum(numbers) ** 2 if numbers else 0.0)


@given(st.lists(st.integers(0, 4 * PER_HOUR * WEEK_H)))
def test_the_hours_of_bins_are_counted(bins: list[int]) -> None:
    weeks = told([beat("a", [1]), beat("b", bins)]).weeks()
    assert weeks.shape == (2, WEEK_H)
    hours = weeks[1]
    count = Counter(map(hour_of_week, bins))
    assert np.flatnonzero(hours).tolist() == sorted(count)
    assert all(hours[hour] == number for hour, number in count.items())


def test_the_hour_of_the_week_comes_round() -> None:
    assert hour_of_week(0) == hour_of_week(PER_HOUR * WEEK_H) == 0
    assert hour_of_week(PER_HOUR * WEEK_H - 1) == WEEK_H - 1
