"""How far probabilities and outcomes agree: Brier score, calibration error, reliability, drift."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from detectors.calibration.curve import Curve, calibrate_all
from detectors.calibration.verdicts import Floats, Sample

BINS: Final = 10
ECE_ALARM: Final = 0.1
BASE_RATE_ALARM: Final = 2.0
ENOUGH: Final = 50
"""Verdicts below which a calibration error is mostly chance and raises no alarm."""


class Bin(msgspec.Struct, frozen=True):
    """One point of the reliability plot. said: mean probability; was: share confirmed; n: verdicts.

    mass: share of all weight.
    """

    said: float
    was: float
    n: int
    mass: float


class Quality(msgspec.Struct, frozen=True):
    """Agreement of one curve with one sample. brier, ece: 0..1, lower is better."""

    n: int
    base_rate: float
    brier: float
    ece: float
    bins: list[Bin]


def quality(curve: Curve, sample: Sample) -> Quality:
    """What to publish of a curve; an empty sample measures 0 everywhere."""
    said = calibrate_all(curve, sample.p)
    bins = _bins(said, sample)
    return Quality(
        n=sample.n,
        base_rate=sample.base_rate,
        brier=brier(said, sample),
        ece=sum(one.mass * abs(one.said - one.was) for one in bins),
        bins=bins,
    )


def brier(said: Floats, sample: Sample) -> float:
    """Weighted mean square of probability minus outcome, 0..1."""
    return float(np.average((said - sample.y) ** 2, weights=sample.w)) if sample.n else 0.0


def alarms(now: Quality, base_rate_then: float) -> list[str]:
    """What has drifted since the fit, in words; few verdicts raise no alarm.

    base_rate_then: share of confirmed abuse among the verdicts of the fit.
    """
    if now.n < ENOUGH:
        return []
    told = []
    if now.ece > ECE_ALARM:
        told.append(f"The calibration error is {now.ece:.2f}, above {ECE_ALARM}.")
    low, high = sorted((now.base_rate, base_rate_then))
    if high > BASE_RATE_ALARM * low:
        told.append(
            f"Reviewers confirm {now.base_rate:.0%} now and confirmed {base_rate_then:.0%} when "
            f"the curve was fitted: more than {BASE_RATE_ALARM:.0f} times apart."
        )
    return told


def _bins(said: Floats, sample: Sample) -> list[Bin]:
    """Ten bins of equal weight, as far as equal probabilities stay together."""
    if not sample.n:
        return []
    _, place = np.unique(said, return_inverse=True)
    mass = np.bincount(place, weights=sample.w) / sample.w.sum()
    middle = np.cumsum(mass) - mass / 2
    number = np.minimum((middle * BINS).astype(int), BINS - 1)[place]
    found = []
    for one in np.unique(number):
        inside = number == one
        weights = sample.w[inside]
        found.append(
            Bin(
                said=float(np.average(said[inside], weights=weights)),
                was=float(np.average(sample.y[inside], weights=weights)),
                n=int(inside.sum()),
                mass=float(weights.sum() / sample.w.sum()),
            )
        )
    return found
