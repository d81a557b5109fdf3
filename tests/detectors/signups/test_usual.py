"""What is expected of a shape, and the tail above it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from detectors.signups.ledger import densest
from detectors.signups.usual import (
    MAX_SIZE,
    SEASON_H,
    SHARE_SIZE,
    WEEK_H,
    Estimate,
    Frame,
    before,
    counted_in,
    estimates,
    share_of,
    upper_tail,
)

NOW = 497_222


@given(
    number=st.integers(1, 500), mean=st.floats(0.001, 400), size=st.sampled_from([0.5, 1.5, 4, 20])
)
def test_the_tail_is_that_of_the_negative_binomial(number: int, mean: float, size: float) -> None:
    found = upper_tail(number, Estimate(mean, size, ""), 1.0)
    if number <= mean:
        assert found == 1.0
    else:
        known = float(nbinom.sf(number - 1, size, size / (size + mean)))
        assert found == pytest.approx(known, rel=0.01, abs=1e-290)


@given(number=st.integers(1, 300), mean=st.floats(0.01, 200))
def test_a_tail_that_is_more_than_enough_is_not_summed_up(number: int, mean: float) -> None:
    estimate = Estimate(mean, 4.0, "")
    whole, cut = upper_tail(number, estimate, 1.0), upper_tail(number, estimate, 1e-4)
    assert cut in {whole, 1.0}
    if abs(whole - 1e-4) > 1e-6:
        assert (cut <= 1e-4) is (whole <= 1e-4)


def test_nothing_expected_makes_one_impossible() -> None:
    assert upper_tail(1, Estimate(0.0, 0.5, ""), 1.0) == 0.0


def test_a_shape_nobody_has_seen_expects_half_a_sign_up_of_all_the_time_there_was() -> None:
    rate = [*estimates({}, Frame(NOW, 1, 100))][-1]
    assert rate == Estimate(0.005, 0.5, "28 days")
    assert len([*estimates({}, Frame(NOW, 1, 100))]) == 1, "no week is known yet"


def test_the_hour_of_the_week_counts_its_own_hours_only() -> None:
    hours = {NOW - week * WEEK_H: 8 for week in (1, 2, 3, 4)}
    by_week, rate = estimates(hours, Frame(NOW, 1, SEASON_H))
    assert (by_week.mean, by_week.size) == (32.5 / 4, MAX_SIZE)
    assert rate.mean == pytest.approx(32.5 / SEASON_H)
    other, _ = estimates(hours, Frame(NOW + 5, 1, SEASON_H))
    assert other.mean == 0.125


def test_what_is_older_than_the_season_or_inside_the_window_is_not_before() -> None:
    assert before({NOW - SEASON_H - 1: 5, NOW - SEASON_H: 3, NOW - 1: 2, NOW: 9}, NOW) == 5


def test_a_window_that_begins_inside_an_hour_counts_the_fuller_alignment() -> None:
    assert counted_in({NOW: 3, NOW + 1: 7}, NOW, 1) == 7
    assert counted_in({NOW: 9, NOW + 1: 7}, NOW, 1) == 9


def test_a_share_follows_how_many_others_come() -> None:
    shape, everybody = {NOW - 3: 10}, {NOW - 3: 109}
    found = share_of(shape, everybody, 200, Frame(NOW, 1, 50))
    assert found == Estimate(21.0, SHARE_SIZE, "share of all")
    assert share_of({}, {}, 10, Frame(NOW, 1, 1)).mean == 5.0, "nothing known: expect half as many"


@given(moments=st.lists(st.integers(0, 200), min_size=1, max_size=40), span=st.integers(1, 50))
def test_the_densest_window_is_the_fullest_that_holds_the_moment(
    moments: list[int], span: int
) -> None:
    ordered = [float(one) for one in sorted(moments)]
    born = ordered[len(ordered) // 2]
    began, number = densest(ordered, born, span)
    assert began <= born <= began + span
    by_hand = [
        sum(start <= one <= start + span for one in ordered)
        for start in ordered
        if start <= born <= start + span
    ]
    assert number == max(by_hand)
