"""Which accounts keep one rhythm: alike in the week, and in the same minutes beyond chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import exp, lgamma, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.rhythm.beats import Beats, holders
from detectors.rhythm.bins import PER_HOUR, WEEK_H, Beat, spread

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


def pairs_of(beats: Beats, limits: Limits) -> list[Pair]:
    """Pairs of accounts with a tie, one weekly rhythm, and more common minutes than chance.

    Chance: each account keeps its hours of the week and picks minutes inside them as all accounts
    together do, so that an hour in which everybody acted at once proves nothing.
    """
    hours = beats.weeks()
    crowding = _crowding(beats)
    candidates = _tied(beats, limits.tie_cap)
    found = []
    for one, two, cosine in _alike(hours, candidates, limits.cosine):
        left, right = _comparable(beats[one], beats[two])
        same = len(left & right)
        shares = len(left) * len(right) / int(beats.sizes[one] * beats.sizes[two])
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


def _tied(beats: Beats, cap: int) -> Counts:
    """Pairs of places with a common tie, sorted, (pairs, 2): of many those with the rarest ties."""
    found, size = np.zeros(0, dtype=np.int64), len(beats)
    for one, two in _pairs_by_tie(beats, cap):
        found = _first_ones(np.append(found, one * size + two))[:MAX_PAIRS]
        if len(found) == MAX_PAIRS:
            break
    found.sort()
    return np.stack(np.divmod(found, max(1, size)), axis=1)


def _first_ones(codes: Counts) -> Counts:
    """Each number once, where it is first. Numbers that bring their places along sort fast."""
    bits = len(codes).bit_length()
    packed = np.sort(codes << bits | np.arange(len(codes)))
    fresh = np.diff(packed >> bits, prepend=-1) != 0
    first: Counts = codes[np.sort(packed[fresh] & (1 << bits) - 1)]
    return first


def _pairs_by_tie(beats: Beats, cap: int) -> Iterator[tuple[Counts, Counts]]:
    """Places that meet on a tie, the lower one first, some at a time, the rarest tie first."""
    place, size = holders(beats, 2, cap)
    before = np.arange(len(place)) - np.repeat(np.cumsum(size) - size, size)
    total = np.concatenate([[0], np.cumsum(before)])
    cuts = np.searchsorted(total, np.arange(0, total[-1], MAX_PAIRS)).tolist()
    for start, stop in pairwise([*cuts, len(place)]):
        two = np.repeat(np.arange(start, stop), before[start:stop])
        one = np.arange(total[start], total[stop]) - total[two] + two - before[two]
        yield place[one], place[two]


def _crowding(beats: Beats) -> NDArray[np.float64]:
    """For each hour of the week: chance that two acts in it share a bin; shape (168,)."""
    first = int(beats.bins.min()) // PER_HOUR if len(beats.bins) else 0
    bins = beats.bins - first * PER_HOUR
    hours = int(bins.max(initial=0)) // PER_HOUR + 1
    number = np.bincount(bins, minlength=hours * PER_HOUR) + 1
    hour = (np.arange(len(number)) // PER_HOUR + first) % WEEK_H
    total, squares = (
        np.bincount(hour, weights=weights, minlength=WEEK_H) for weights in (number, number**2)
    )
    chance: NDArray[np.float64] = squares / np.maximum(total, 1.0) ** 2
    return chance


def _alike(hours: Counts, pairs: Counts, least: float) -> Iterator[tuple[int, int, float]]:
    """Pairs of places with their cosine where it is at least `least`.

    It is made of whole numbers, which these are as floats too, so that every machine says the same.
    """
    length = np.einsum("ij,ij->i", hours, hours)
    small = hours.astype(np.float32)  # no product of MAX_BINS by MAX_BINS needs more digits
    for start in range(0, len(pairs), _TOGETHER):
        one, two = pairs[start : start + _TOGETHER].T
        both = np.einsum("ij,ij->i", small[one], small[two]).astype(np.int64)
        cosine = both / np.sqrt(np.maximum(length[one] * length[two], 1))
        near = np.flatnonzero(cosine >= least)
        yield from zip(*(column[near].tolist() for column in (one, two, cosine)), strict=True)


def _comparable(one: Beat, two: Beat) -> tuple[set[int], set[int]]:
    """Bins that the sample of either could hold."""
    reach = min(one.reach, two.reach)
    left = {place for place in one.bins if spread(place) <= reach}
    return left, {place for place in two.bins if spread(place) <= reach}
