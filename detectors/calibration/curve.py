"""Curves from a raw probability to the share of verdicts that confirm it: Platt and isotonic.

Sources: Platt 1999 with the smoothed targets of Lin, Lin and Weng 2007; pool adjacent violators.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from detectors.calibration.verdicts import Floats, Sample

MIN_VERDICTS: Final = 50
ISOTONIC_ABOVE: Final = 300
ISOTONIC_PER_CLASS: Final = 50
RIDGE: Final = 1.0
"""How many verdicts' worth of doubt pull a Platt curve back to the raw probability."""
_EDGE: Final = 1e-6
_STEPS: Final = 50
_DONE: Final = 1e-10

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Raw(msgspec.Struct, frozen=True, tag="raw", tag_field="kind"):
    """No curve: probabilities stay as the detectors gave them."""


class Platt(msgspec.Struct, frozen=True, tag="platt", tag_field="kind"):
    """p -> sigmoid(slope * logit(p) + shift)."""

    slope: Annotated[float, msgspec.Meta(ge=0)]
    shift: float


class Isotonic(msgspec.Struct, frozen=True, tag="isotonic", tag_field="kind"):
    """Straight lines between knots, flat outside; both lists ascend."""

    x: list[Share]
    y: list[Share]


Curve = Raw | Platt | Isotonic
Kind = Literal["raw", "platt", "isotonic"]


def kind_for(sample: Sample) -> Kind:
    """Which curve so many verdicts bear."""
    if sample.n < MIN_VERDICTS:
        return "raw"
    enough = sample.n > ISOTONIC_ABOVE and sample.least_class >= ISOTONIC_PER_CLASS
    return "isotonic" if enough else "platt"


def fit(sample: Sample, kind: Kind) -> Curve:
    """The curve of that kind nearest to the verdicts; an empty sample bears none."""
    if kind == "raw" or not sample.n:
        return Raw()
    return _platt(sample) if kind == "platt" else _isotonic(sample)


def calibrate(curve: Curve, p: float) -> float:
    """A raw probability after the curve, 0..1; never falls when `p` rises."""
    return float(calibrate_all(curve, np.array([p]))[0])


def calibrate_all(curve: Curve, p: Floats) -> Floats:
    """`calibrate` for each of an array."""
    match curve:
        case Platt(slope, shift):
            return _sigmoid(slope * _logit(p) + shift)
        case Isotonic(x, y):
            return np.interp(p, x, y)
        case _:
            return p


def _platt(sample: Sample) -> Platt:
    """Newton's method on the penalised log loss; the penalty draws to slope 1, shift 0.

    A slope below zero would turn the order of cases around: then the slope is 0.
    """
    x, weights = _logit(sample.p), _mean_one(sample.w)
    targets = _smoothed(sample.y)
    slope, shift = _newton(np.column_stack([x, np.ones_like(x)]), targets, weights, [1.0, 0.0])
    if slope < 0.0:
        slope, (shift,) = 0.0, _newton(np.ones((sample.n, 1)), targets, weights, [0.0])
    return Platt(float(slope), float(shift))


def _newton(design: Floats, targets: Floats, weights: Floats, start: list[float]) -> Floats:
    """Least penalised log loss. design: n x k; start: where the penalty draws to, k long.

    Each step is halved until the loss falls, so the loop ends at the minimum of a convex function.
    """
    home = np.array(start)
    at, loss = home, _loss(home, design, targets, weights, home)
    for _ in range(_STEPS):
        p = _sigmoid(design @ at)
        slope = design.T @ (weights * (p - targets)) + RIDGE * (at - home)
        bend = (design.T * (weights * p * (1 - p))) @ design + RIDGE * np.eye(len(home))
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while (new := _loss(at - size * step, design, targets, weights, home)) > loss:
            size /= 2
            if size < _DONE:
                return at
        at, gain, loss = at - size * step, loss - new, new
        if gain < _DONE:
            break
    return at


def _loss(at: Floats, design: Floats, targets: Floats, weights: Floats, home: Floats) -> float:
    z = design @ at
    fit = weights @ (np.logaddexp(0.0, z) - targets * z)
    return float(fit + RIDGE / 2 * ((at - home) ** 2).sum())


def _smoothed(y: Floats) -> Floats:
    """Targets a little inside 0 and 1: a few verdicts are no certainty."""
    abuse = y.sum()
    high = (abuse + 1) / (abuse + 2)
    low = 1 / (len(y) - abuse + 2)
    targets: Floats = np.where(y > 0, high, low)
    return targets


def _isotonic(sample: Sample) -> Isotonic:
    """Pool adjacent violators; each pool is flat from its lowest to its highest probability."""
    pools: list[tuple[float, float, float, float]] = []  # lowest, highest, mean, weight
    for x, share, weight in _by_value(sample):
        low, mean, total = x, share, weight
        while pools and pools[-1][2] >= mean:
            low, _, before, more = pools.pop()
            mean = (mean * total + before * more) / (total + more)
            total += more
        pools.append((low, x, mean, total))
    edge = 1 / (sample.n + 2)  # as above: never certain
    knots = sorted({(x, mean) for low, high, mean, _ in pools for x in (low, high)})
    y = np.maximum.accumulate(np.clip([mean for _, mean in knots], edge, 1 - edge))
    return Isotonic([x for x, _ in knots], y.tolist())


def _by_value(sample: Sample) -> list[tuple[float, float, float]]:
    """(probability, mean outcome, weight) of each distinct probability, ascending."""
    values, place = np.unique(sample.p, return_inverse=True)
    weight = np.bincount(place, weights=sample.w)
    abuse = np.bincount(place, weights=sample.w * sample.y)
    return list(zip(values.tolist(), (abuse / weight).tolist(), weight.tolist(), strict=True))


def _mean_one(weights: Floats) -> Floats:
    """Weights of mean 1: the penalty then counts in verdicts."""
    scaled: Floats = weights / weights.mean()
    return scaled


def _logit(p: Floats) -> Floats:
    inside = np.clip(p, _EDGE, 1 - _EDGE)
    odds: Floats = np.log(inside) - np.log1p(-inside)
    return odds


def _sigmoid(z: Floats) -> Floats:
    # by exp(-|z|), which cannot overflow
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))
