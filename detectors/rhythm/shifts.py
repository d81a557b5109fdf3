"""Accounts that take turns: their hours of the week make up one schedule and hardly overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb, erfc, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.rhythm.beats import Beats, Holders, holders

MIN_ACCOUNTS, MAX_ACCOUNTS = 3, 8
MAX_TESTED = 100
DRAWS = 1_000
SEED = 4
_TOGETHER = 4_096
"""Ties that are looked at together."""

Weeks = NDArray[np.int64]


class ShiftLimits(NamedTuple):
    """alone: share of acts in hours that one account has to itself. hours: of the week, covered."""

    alone: float
    hours: int
    alpha: float
    tie_cap: int


class Shifts(NamedTuple):
    """Accounts, by place, that take turns. expected: of others as busy. p: after all tests."""

    places: tuple[int, ...]
    alone: float
    expected: float
    hours: int
    p: float


class _Crew(NamedTuple):
    """A choice of accounts from those on one tie; choices: how many there were."""

    places: tuple[int, ...]
    choices: int


def shifts_of(beats: Beats, limits: ShiftLimits) -> list[Shifts]:
    """Groups that share a tie and take turns more strictly than others as busy do by chance.

    Chance: each member is replaced by an account of the desk, of whose week it draws as many acts.
    Where a tie has more accounts than take turns, every choice from them counts as a test. Nobody
    is in two groups.
    """
    weeks = beats.weeks()
    crews = list(_crews(beats, weeks, limits))[:MAX_TESTED]
    tests = sum(crew.choices for crew in crews)
    found: list[Shifts] = []
    taken: set[int] = set()
    for crew in crews:
        if taken.isdisjoint(crew.places) and (one := _judged(crew, weeks, tests)).p <= limits.alpha:
            found.append(one)
            taken.update(crew.places)
    return found


def alone_share(weeks: Weeks) -> float:
    """Share of all acts that the busiest account of each hour does; weeks: (accounts, 168)."""
    return float(weeks.max(axis=0).sum() / weeks.sum())


def _crews(beats: Beats, weeks: Weeks, limits: ShiftLimits) -> Iterator[_Crew]:
    """From each tie those that fit together, the rarest tie first; the same ones once."""
    seen: set[tuple[int, ...]] = set()
    there = holders(beats, MIN_ACCOUNTS, limits.tie_cap)
    for size, places in zip(there.size.tolist(), _fitting(there, weeks, limits.alone), strict=True):
        # else there are too few, or too few others to say what chance is
        if MIN_ACCOUNTS <= len(places) <= len(beats) // 2 and places not in seen:
            covered = int(np.count_nonzero(weeks[list(places)].sum(axis=0)))
            if covered >= limits.hours:
                seen.add(places)
                yield _Crew(places, comb(size, len(places)))


def _fitting(there: Holders, weeks: Weeks, alone: float) -> Iterator[tuple[int, ...]]:
    """On each tie the accounts that take turns: those with the most acts an hour first, while they
    fit together."""
    dense = weeks.sum(axis=1) / np.count_nonzero(weeks, axis=1)
    tie = np.repeat(np.arange(len(there.size)), there.size)
    place = there.place[np.lexsort((-dense[there.place], tie))]
    ends = np.cumsum(there.size)
    for start in range(0, len(ends), _TOGETHER):
        some = slice(start, start + _TOGETHER)
        size = there.size[some]
        first = int(ends[start] - size[0])
        yield from _chosen(place[first : int(ends[some][-1])], size, weeks, alone)


def _chosen(place: Weeks, size: Weeks, weeks: Weeks, alone: float) -> Iterator[tuple[int, ...]]:
    """Places of those that fit with who was chosen before them. size: how many are on each tie."""
    starts = np.cumsum(size) - size
    busiest = np.zeros((len(size), weeks.shape[1]), dtype=np.int64)
    acts, number = np.zeros_like(size), np.zeros_like(size)
    fits = np.zeros(len(place), dtype=np.bool_)
    for nth in range(int(size.max(initial=0))):
        open_ = np.flatnonzero((size > nth) & (number < MAX_ACCOUNTS))
        mine = weeks[place[starts[open_] + nth]]
        with_it, total = np.maximum(busiest[open_], mine), acts[open_] + mine.sum(axis=1)
        fit = with_it.sum(axis=1) / total >= alone
        busiest[open_[fit]], acts[open_[fit]] = with_it[fit], total[fit]
        number[open_[fit]] += 1
        fits[starts[open_[fit]] + nth] = True
    for start, end in zip(starts.tolist(), (starts + size).tolist(), strict=True):
        yield tuple(np.sort(place[start:end][fits[start:end]]).tolist())


def _judged(crew: _Crew, weeks: Weeks, tests: int) -> Shifts:
    mine = weeks[list(crew.places)]
    alone = alone_share(mine)
    drawn = _chance(mine.sum(axis=1).tolist(), np.delete(weeks, crew.places, axis=0))
    expected, sigma = float(drawn.mean()), max(float(drawn.std()), 1e-3)
    p = min(1.0, tests * erfc((alone - expected) / sigma / sqrt(2)) / 2)
    hours = int(np.count_nonzero(mine.sum(axis=0)))
    return Shifts(crew.places, alone, expected, hours, float(f"{p:.3g}"))


def _chance(acts: Sequence[int], others: Weeks) -> NDArray[np.float64]:
    """Shares that groups of others reach, who act as often; (draws,)."""
    dice = np.random.default_rng(SEED)
    profiles = others / others.sum(axis=1, keepdims=True)
    drawn = np.stack(
        [dice.multinomial(number, profiles[dice.integers(len(others), size=DRAWS)])
         for number in acts]
    )  # fmt: skip
    shares: NDArray[np.float64] = drawn.max(axis=0).sum(axis=1) / sum(acts)
    return shares
