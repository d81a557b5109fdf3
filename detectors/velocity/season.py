"""What is usual at an hour of the day or week: weighted mean and variance of its peaks."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import msgspec

from detectors.base import HOUR_S

WEIGHT = 0.1
"""Share of the newest day or week in a norm: of what was ten of them ago, a third is left."""
MAX_QUIET = 128
"""Quiet hours in a row that fade a norm; by then a thousandth of its limit is left."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How norms are kept and used.

    hours: length of the cycle, 24 or 168. sigma: standard deviations above the mean that are still
    usual. least: busy hours of one norm before it counts.
    """

    hours: int
    sigma: float
    least: int


class Norm(msgspec.Struct, array_like=True, frozen=True):
    """Peaks of one hour of the cycle. busy: hours that formed it; cycle: the last of them."""

    mean: float
    variance: float
    busy: int
    cycle: int


class Usual(NamedTuple):
    """The most that is usual at an hour, and the norm from which that follows."""

    limit: float
    norm: Norm


class Season(msgspec.Struct, omit_defaults=True):
    """Norms by hour of the cycle, and the peak of the hour that is not over.

    hour: hours since 1970. Only busy hours are kept; an hour without an entry was quiet.
    """

    norms: dict[int, Norm] = {}
    hour: int = 0
    peak: float = 0.0


def observe(season: Season, at: float, value: float, rhythm: Rhythm) -> Usual | None:
    """Note a busy moment. Returns what is usual then; None while no norm counts.

    An hour's peak enters its norm when a later hour has come.
    """
    hour = int(at // HOUR_S)
    if hour > season.hour:
        if season.peak:
            _learn(season, rhythm)
        season.hour, season.peak = hour, 0.0
    if hour == season.hour:
        season.peak = max(season.peak, value)
    return _usual(season, hour, rhythm)


def _usual(season: Season, now: int, rhythm: Rhythm) -> Usual | None:
    """The highest limit of an hour and its neighbours.

    Jobs start a little early or late, and local clocks move twice a year.
    """
    limits = []
    for hour in (now, now - 1, now + 1):
        known = season.norms.get(hour % rhythm.hours)
        if known is not None and known.busy >= rhythm.least:
            norm = _faded(known, hour // rhythm.hours)
            limits.append(Usual(_limit(norm, rhythm.sigma), norm))
    return max(limits, key=lambda one: one.limit, default=None)


def _learn(season: Season, rhythm: Rhythm) -> None:
    """Put the finished hour into its norm.

    What is above the usual counts as the usual: a burst that was found must not make the next one
    look normal at once.
    """
    place, cycle = season.hour % rhythm.hours, season.hour // rhythm.hours
    known = season.norms.get(place)
    if known is None:
        season.norms[place] = Norm(season.peak, 0.0, 1, cycle)
        return
    norm, peak = _faded(known, cycle), season.peak
    if norm.busy >= rhythm.least:
        peak = min(peak, _limit(norm, rhythm.sigma))
    busy = norm.busy + 1
    mean, variance = _moved(norm, peak, max(WEIGHT, 1 / busy))
    season.norms[place] = Norm(mean, variance, busy, cycle)


def _faded(norm: Norm, cycle: int) -> Norm:
    """The norm before `cycle`: each cycle in between was quiet, a peak of 0."""
    for _ in range(min(cycle - norm.cycle - 1, MAX_QUIET)):
        norm = Norm(*_moved(norm, 0.0, WEIGHT), norm.busy, norm.cycle)
    return norm


def _moved(norm: Norm, peak: float, weight: float) -> tuple[float, float]:
    """Mean and variance with one more peak (West 1979, with a fixed weight)."""
    apart = peak - norm.mean
    step = weight * apart
    return norm.mean + step, (1 - weight) * (norm.variance + apart * step)


def _limit(norm: Norm, sigma: float) -> float:
    """Mean and `sigma` deviations; counts scatter by the root of their mean at least."""
    return round(norm.mean + sigma * sqrt(max(norm.variance, norm.mean)), 2)
