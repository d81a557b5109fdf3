"""Measures of calibration, refits that must prove themselves, shares with intervals."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration.curve import Platt, Raw
from detectors.calibration.measures import BINS, alarms, quality
from detectors.calibration.proportion import ENOUGH, precision, recall, wilson
from detectors.calibration.refit import refit
from detectors.calibration.verdicts import Judged, sample_of

judged = st.builds(Judged, p=st.floats(0, 1), abuse=st.booleans(), weight=st.floats(1, 50))
many = st.lists(judged, min_size=1, max_size=80)


def _rows(p: float, abuse: int, benign: int, weight: float = 1.0) -> list[Judged]:
    told = [True] * abuse + [False] * benign
    return [Judged(p, abuse=one, weight=weight) for one in told]


@given(many, st.randoms(use_true_random=False))
def test_measures_are_bounded_and_the_same_for_any_order(
    verdicts: list[Judged], chance: random.Random
) -> None:
    found = quality(Raw(), sample_of(verdicts))
    assert found == quality(Raw(), sample_of(chance.sample(verdicts, len(verdicts))))
    assert 0 <= found.brier <= 1
    assert 0 <= found.ece <= 1 + 1e-12
    assert len(found.bins) <= BINS
    assert sum(one.n for one in found.bins) == len(verdicts)
    assert sum(one.mass for one in found.bins) == pytest.approx(1)


def test_bins_are_of_equal_mass() -> None:
    rows = [Judged(number / 1000, abuse=False) for number in range(1000)]
    assert [one.n for one in quality(Raw(), sample_of(rows)).bins] == [100] * 10


def test_equal_probabilities_share_a_bin_so_that_their_outcomes_are_not_sorted_apart() -> None:
    found = quality(Raw(), sample_of(_rows(0.5, 50, 50)))
    assert len(found.bins) == 1
    assert found.ece == pytest.approx(0)
    assert found.brier == pytest.approx(0.25)


def test_ece_is_the_distance_between_what_was_said_and_what_was() -> None:
    rows = _rows(0.9, 60, 40) + _rows(0.2, 20, 80)
    assert quality(Raw(), sample_of(rows)).ece == pytest.approx(0.15)


def test_a_weight_counts_like_so_many_verdicts() -> None:
    heavy = quality(Raw(), sample_of(_rows(0.9, 1, 0, weight=30) + _rows(0.9, 0, 10)))
    plain = quality(Raw(), sample_of(_rows(0.9, 30, 10)))
    assert (heavy.brier, heavy.ece) == pytest.approx((plain.brier, plain.ece))


@pytest.mark.parametrize(
    ("rows", "then", "told"),
    [
        (_rows(0.5, 30, 30), 0.5, []),
        (_rows(0.9, 30, 30), 0.5, ["calibration error is 0.40"]),
        (_rows(0.5, 30, 30), 0.2, ["confirm 50% now and confirmed 20%"]),
        (_rows(0.1, 6, 54), 0.5, ["confirm 10% now and confirmed 50%"]),
        (_rows(0.0, 0, 60), 0.5, ["confirm 0% now and confirmed 50%"]),
        (_rows(0.5, 0, 49), 0.5, []),
    ],
)
def test_drift_raises_an_alarm_from_fifty_verdicts_on(
    rows: list[Judged], then: float, told: list[str]
) -> None:
    found = alarms(quality(Raw(), sample_of(rows)), then)
    assert len(found) == len(told)
    assert all(part in line for part, line in zip(told, found, strict=True))


def test_a_refit_is_tested_on_newer_verdicts_than_it_learnt_from() -> None:
    older, newer = _rows(0.9, 35, 35), _rows(0.9, 3, 27)
    found = refit(older + newer, Raw())
    assert (found.kind, found.trained, found.tested.n) == ("platt", 70, 30)
    assert found.base_rate == pytest.approx(0.5)
    assert found.tested.base_rate == pytest.approx(0.1)


def test_a_refit_that_does_worse_on_newer_verdicts_may_not_take_over() -> None:
    turned = _rows(0.9, 0, 70) + _rows(0.9, 30, 0)
    found = refit(turned, Raw())
    assert found.tested.brier > found.before
    assert not found.better


def test_a_refit_that_does_better_may() -> None:
    steady = _rows(0.9, 5, 5) * 10
    assert refit(steady, Raw()).better
    assert refit(steady, Platt(slope=0.0, shift=3.0)).better


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_wilson_interval_holds_its_share_and_stays_inside_zero_and_one(a: int, b: int) -> None:
    low, high = wilson(a, a + b)
    assert 0 <= low <= high <= 1
    if a + b:
        assert low <= a / (a + b) <= high


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 20, 0.0, 0.1611), (50, 100, 0.4038, 0.5962)],
)
def test_wilson_intervals_are_those_of_the_tables(
    hits: int, n: int, low: float, high: float
) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_a_share_of_fewer_than_twenty_is_no_number() -> None:
    assert not precision(15, ENOUGH - 1).enough
    assert precision(15, ENOUGH).enough


def test_recall_counts_what_the_sample_says_lies_below_the_threshold() -> None:
    found = recall(200, precision(90, 100), 1_000, _rows(0.6, 2, 38, weight=50))
    assert found.value == pytest.approx(180 / (180 + 50))
    low, high = wilson(2, 40)
    assert (found.low, found.high) == pytest.approx(
        (180 / (180 + 1_000 * high), 180 / (180 + 1_000 * low))
    )
    assert found.n == 40


def test_unequal_weights_make_the_recall_less_certain() -> None:
    same = recall(200, precision(90, 100), 1_000, _rows(0.6, 2, 38, weight=50))
    mixed = recall(
        200, precision(90, 100), 1_000, _rows(0.6, 1, 19, weight=10) + _rows(0.6, 1, 19, weight=50)
    )
    assert mixed.value == pytest.approx(same.value)
    assert mixed.high - mixed.low > same.high - same.low


def test_recall_without_a_look_below_is_anything() -> None:
    found = recall(200, precision(90, 100), 1_000, [])
    assert (found.low, found.high, found.n) == (0.0, 1.0, 0)
