"""Accounts that take turns: their hours of the week make up one schedule and hardly overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import comb, erfc, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.rhythm.beats import Beats

MIN_ACCOUNTS, MAX_ACCOUNTS = 3, 8
MAX_TESTED = 100
DRAWS = 1_000
SEED = 4

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
    for there in _holders(beats, limits.tie_cap):
        places = _fitting(there, weeks, limits.alone)
        if 2 * len(places) > len(beats):  # too few others to say what chance is
            continue
        covered = int(np.count_nonzero(weeks[list(places)].sum(axis=0)))
        if len(places) >= MIN_ACCOUNTS and covered >= limits.hours and places not in seen:
            seen.add(places)
            yield _Crew(places, comb(len(there), len(places)))


def _holders(beats: Beats, cap: int) -> Iterator[list[int]]:
    """Places of the accounts on each tie that enough and not too many have, rarest first."""
    place = np.repeat(np.arange(len(beats)), beats.tied)
    _, which, count = np.unique(beats.ties, return_inverse=True, return_counts=True)
    some = np.flatnonzero(((count >= MIN_ACCOUNTS) & (count <= cap))[which])
    some = some[np.lexsort((place[some], which[some], count[which[some]]))]
    starts = np.flatnonzero(np.diff(which[some], prepend=-1, append=-1))
    there = place[some].tolist()
    return (there[start:end] for start, end in pairwise(starts.tolist()))


def _fitting(there: Sequence[int], weeks: Weeks, alone: float) -> tuple[int, ...]:
    """Accounts that take turns: those with the most acts an hour first, while they fit together."""
    mine = weeks[there]
    sizes = mine.sum(axis=1)
    dense = sizes / np.count_nonzero(mine, axis=1)
    chosen: list[int] = []
    busiest, acts, each = np.zeros_like(mine[0]), 0, sizes.tolist()
    for number in np.argsort(-dense, kind="stable").tolist():
        with_it, total = np.maximum(busiest, mine[number]), acts + each[number]
        if int(with_it.sum()) / total >= alone:
            chosen.append(there[number])
            busiest, acts = with_it, total
        if len(chosen) == MAX_ACCOUNTS:
            break
    return tuple(sorted(chosen))


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
