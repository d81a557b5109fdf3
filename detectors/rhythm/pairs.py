"""Which accounts keep one rhythm: alike in the week, and in the same minutes beyond chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp, lgamma, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.rhythm.bins import PER_HOUR, WEEK_H, Beat, hour_of_week, spread

MAX_PAIRS = 200_000
MAX_BEATS = 20_000
_TERMS = 10_000
_TOGETHER = 4_096

Counts = NDArray[np.int64]


class Pair(NamedTuple):
    """Two accounts, by place; same: bins in which both acted. p: after all pairs were tested."""

    one: int
    two: int
    cosine: float
    same: int
    expected: float
    p: float


class Limits(NamedTuple):
    """tie_cap: accounts on one tie above which it is everybody's."""

    cosine: float
    alpha: float
    tie_cap: int


def pairs_of(beats: Sequence[Beat], limits: Limits) -> list[Pair]:
    """Pairs of accounts with a tie, one weekly rhythm, and more common minutes than chance.

    Chance: each account keeps its hours of the week and picks minutes inside them as all accounts
    together do, so that an hour in which everybody acted at once proves nothing.
    """
    hours = np.array([_hours(beat.bins) for beat in beats]).reshape(-1, WEEK_H)
    crowding = _crowding(beats)
    candidates = sorted(_tied(beats, limits.tie_cap))[:MAX_PAIRS]
    found = []
    for one, two, cosine in _alike(hours, candidates, limits.cosine):
        left, right = _comparable(beats[one], beats[two])
        same = len(left & right)
        shares = len(left) * len(right) / (len(beats[one].bins) * len(beats[two].bins))
        expected = float(np.dot(hours[one] * hours[two], crowding)) * shares
        p = min(1.0, len(candidates) * poisson_tail(same, expected))
        if p <= limits.alpha:
            found.append(Pair(one, two, cosine, same, expected, p))
    return found


def poisson_tail(number: int, mean: float) -> float:
    """P(X >= number)."""
    if number <= mean:
        return 1.0
    if mean <= 0:
        return 0.0
    term = exp(number * log(mean) - mean - lgamma(number + 1))
    total = 0.0
    for place in range(number + 1, number + _TERMS):
        total += term
        term *= mean / place
        if term <= total * 1e-9:
            break
    return float(f"{total:.3g}")


def _tied(beats: Sequence[Beat], cap: int) -> set[tuple[int, int]]:
    holders: dict[int, list[int]] = {}
    for place, beat in enumerate(beats):
        for tie in beat.ties:
            holders.setdefault(tie, []).append(place)
    found: set[tuple[int, int]] = set()
    for pair in _pairs_by_tie(holders, cap):
        found.add(pair)
        if len(found) >= MAX_PAIRS:
            break
    return found


def _pairs_by_tie(holders: Mapping[int, list[int]], cap: int) -> Iterator[tuple[int, int]]:
    for tie in sorted(holders, key=lambda tie: (len(holders[tie]), tie)):
        places = holders[tie]
        if len(places) > cap:
            return
        for at, two in enumerate(places):
            for one in places[:at]:
                yield one, two


def _hours(bins: Iterable[int]) -> Counts:
    return np.bincount([hour_of_week(place) for place in bins], minlength=WEEK_H)


def _crowding(beats: Sequence[Beat]) -> NDArray[np.float64]:
    """For each hour of the week: chance that two acts in it share a bin; shape (168,)."""
    crowd: dict[int, int] = {}
    for beat in beats:
        for place in beat.bins:
            crowd[place] = crowd.get(place, 0) + 1
    first, last = min(crowd, default=0), max(crowd, default=0)
    total, squares = np.zeros(WEEK_H), np.zeros(WEEK_H)
    for hour in range(first // PER_HOUR, last // PER_HOUR + 1):
        for place in range(hour * PER_HOUR, (hour + 1) * PER_HOUR):
            number = crowd.get(place, 0) + 1
            total[hour % WEEK_H] += number
            squares[hour % WEEK_H] += number * number
    chance: NDArray[np.float64] = squares / np.maximum(total, 1.0) ** 2
    return chance


def _alike(
    hours: Counts, pairs: Sequence[tuple[int, int]], least: float
) -> Iterator[tuple[int, int, float]]:
    """Pairs of places with their cosine where it is at least `least`.

    It is made of whole numbers, so that every machine says the same.
    """
    length = np.einsum("ij,ij->i", hours, hours)
    for start in range(0, len(pairs), _TOGETHER):
        one, two = np.array(pairs[start : start + _TOGETHER]).T
        both = np.einsum("ij,ij->i", hours[one], hours[two])
        cosine = both / np.sqrt(np.maximum(length[one] * length[two], 1))
        near = np.flatnonzero(cosine >= least)
        yield from zip(*(column[near].tolist() for column in (one, two, cosine)), strict=True)


def _comparable(one: Beat, two: Beat) -> tuple[set[int], set[int]]:
    """Bins that the sample of either could hold."""
    reach = min(one.reach, two.reach)
    left = {place for place in one.bins if spread(place) <= reach}
    return left, {place for place in two.bins if spread(place) <= reach}
