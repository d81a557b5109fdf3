"""Calibration curves: monotone, bounded, the same for any order, nearer to the truth."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration.curve import (
    Curve,
    Isotonic,
    Kind,
    Platt,
    Raw,
    calibrate,
    calibrate_all,
    fit,
    kind_for,
)
from detectors.calibration.measures import brier
from detectors.calibration.verdicts import Judged, sample_of

judged = st.builds(
    Judged,
    p=st.floats(0, 1),
    abuse=st.booleans(),
    weight=st.sampled_from([1.0, 10.0, 50.0]),
)
many = st.lists(judged, min_size=1, max_size=60)
kinds = st.sampled_from(["raw", "platt", "isotonic"])
GRID = np.linspace(0, 1, 101)


@given(many, kinds)
def test_every_curve_is_monotone_and_stays_between_zero_and_one(
    verdicts: list[Judged], kind: Kind
) -> None:
    after = calibrate_all(fit(sample_of(verdicts), kind), GRID)
    assert after.min() >= 0
    assert after.max() <= 1
    assert (np.diff(after) >= 0).all()


@given(many, kinds, st.randoms(use_true_random=False))
def test_the_order_of_verdicts_changes_nothing(
    verdicts: list[Judged], kind: Kind, chance: random.Random
) -> None:
    shuffled = chance.sample(verdicts, len(verdicts))
    assert fit(sample_of(shuffled), kind) == fit(sample_of(verdicts), kind)


@given(many, kinds)
def test_a_curve_survives_json(verdicts: list[Judged], kind: Kind) -> None:
    curve = fit(sample_of(verdicts), kind)
    stored = msgspec.json.encode(curve)
    assert msgspec.json.decode(stored, type=Curve) == curve


@given(many)
def test_isotonic_fits_its_own_verdicts_at_least_as_well_as_the_base_rate(
    verdicts: list[Judged],
) -> None:
    sample = sample_of(verdicts)
    flat = np.full(sample.n, sample.base_rate)
    fitted = calibrate_all(fit(sample, "isotonic"), sample.p)
    edge = 1 / (sample.n + 2)
    assert brier(fitted, sample) <= brier(flat, sample) + edge**2 + 1e-12


@given(st.lists(judged, min_size=1, max_size=60), st.sampled_from([2.0, 50.0]))
def test_only_the_ratio_of_weights_counts(verdicts: list[Judged], factor: float) -> None:
    heavier = [_weighing(one, one.weight * factor) for one in verdicts]
    for kind in ("platt", "isotonic"):
        light, heavy = fit(sample_of(verdicts), kind), fit(sample_of(heavier), kind)
        np.testing.assert_allclose(
            calibrate_all(light, GRID), calibrate_all(heavy, GRID), atol=1e-4
        )


def test_isotonic_pools_what_is_out_of_order() -> None:
    rows = [(0.1, False), (0.2, True), (0.3, False), (0.4, True)] * 20
    curve = fit(sample_of(Judged(p, abuse) for p, abuse in rows), "isotonic")
    assert isinstance(curve, Isotonic)
    assert [calibrate(curve, p) for p in (0.2, 0.25, 0.3)] == pytest.approx([0.5] * 3)
    assert calibrate(curve, 0.0) == calibrate(curve, 0.1) == pytest.approx(1 / 82)


def test_platt_brings_overconfidence_down() -> None:
    rows = [Judged(0.95, abuse=number % 2 == 0) for number in range(100)]
    rows += [Judged(0.6, abuse=number % 5 == 0) for number in range(100)]
    curve = fit(sample_of(rows), "platt")
    assert calibrate(curve, 0.95) == pytest.approx(0.5, abs=0.03)
    assert calibrate(curve, 0.6) == pytest.approx(0.2, abs=0.03)


def test_platt_never_turns_the_order_around() -> None:
    rows = [Judged(0.95, abuse=False)] * 40 + [Judged(0.55, abuse=True)] * 40
    curve = fit(sample_of(rows), "platt")
    assert isinstance(curve, Platt)
    assert curve.slope == 0.0
    assert calibrate(curve, 0.95) == pytest.approx(0.5, abs=0.01)


def test_one_verdict_moves_platt_little_and_many_move_it_far() -> None:
    one = fit(sample_of([Judged(0.9, abuse=False)]), "platt")
    hundred = fit(sample_of([Judged(0.9, abuse=False)] * 100), "platt")
    assert calibrate(one, 0.9) > 0.6
    assert calibrate(hundred, 0.9) < 0.1


def test_a_verdict_from_the_audit_sample_weighs_what_it_stands_for() -> None:
    rows = [Judged(0.6, abuse=True)] * 50 + [Judged(0.6, abuse=False, weight=2)] * 25
    for kind in ("platt", "isotonic"):
        assert calibrate(fit(sample_of(rows), kind), 0.6) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("abuse", "benign", "kind"),
    [
        (30, 19, "raw"),
        (30, 20, "platt"),
        (200, 100, "platt"),
        (252, 49, "platt"),
        (251, 50, "isotonic"),
    ],
)
def test_the_number_of_verdicts_decides_which_curve_they_bear(
    abuse: int, benign: int, kind: Kind
) -> None:
    rows = [Judged(0.8, abuse=True)] * abuse + [Judged(0.6, abuse=False)] * benign
    assert kind_for(sample_of(rows)) == kind


def test_without_verdicts_a_probability_stays_as_it_is() -> None:
    assert fit(sample_of([]), "isotonic") == Raw()
    assert calibrate(Raw(), 0.93) == 0.93


def _weighing(one: Judged, weight: float) -> Judged:
    return Judged(one.p, one.abuse, weight)
