"""Which bursts of reports come from accounts that reported together before."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

import numpy as np
from scipy.special import betaincinv

from detectors.reporting.state import Reason
from detectors.synchrony import EdgeTier, Result, components
from detectors.synchrony.tables import Table

CERTAINTY = 0.95
CLOSE_REASONS = 0.65
"""Share of equal values of two sketches from which two reasons are nearly the same."""
RIGHT_RATE = 0.5
RIGHT_LEAST = 5
"""Reporters who were right in half of at least so many reports are no brigade."""
MIN_RING = 3

Reports = Mapping[str, tuple[float, int]]
Tallies = Mapping[str, tuple[int, int]]
"""Account -> its reports that were upheld, and all that were decided."""


@dataclass(frozen=True, slots=True)
class Burst:
    """The most reporters of one target within the window: account -> time and signal."""

    target: str
    reporters: dict[str, tuple[float, int]]

    @property
    def first_at(self) -> float:
        """When it began."""
        return min(at for at, _ in self.reporters.values())

    @property
    def last_at(self) -> float:
        """When it ended."""
        return max(at for at, _ in self.reporters.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reporters of a burst who reported the same targets before it, and at the same times."""

    first: str
    second: str
    common: int
    p: float


@dataclass(frozen=True, slots=True)
class Ring:
    """Reporters of one burst that hang together in one group or several.

    similar: those who gave nearly the same reason as another one.
    """

    burst: Burst
    accounts: tuple[str, ...]
    pairs: tuple[Pair, ...]
    upheld: int
    decided: int
    similar: int

    @property
    def common(self) -> int:
        """Earlier targets that two of them have in common, the middle of all pairs."""
        return median_low(pair.common for pair in self.pairs)

    @property
    def upheld_bound(self) -> float:
        """Upper 95 % bound of the rate at which their reports are upheld; 1 without history."""
        wrong = self.decided - self.upheld
        return float(betaincinv(self.upheld + 1, wrong + 1, CERTAINTY)) if self.decided else 1.0


def burst_of(target: str, reports: Reports, window_s: float, least: int) -> Burst | None:
    """The largest number of first reports within the window, the earliest of equals."""
    if len(reports) < least:
        return None
    ordered = sorted((at, name) for name, (at, _) in reports.items())
    moments = [at for at, _ in ordered]
    ends = [bisect_left(moments, at + window_s) for at in moments]
    start = max(range(len(ends)), key=lambda place: (ends[place] - place, -place))
    names = [name for _, name in ordered[start : ends[start]]]
    if len(names) < least:
        return None
    return Burst(target, {name: reports[name] for name in names})


def ring_of(
    burst: Burst, pairs: Iterable[Pair], reasons: Mapping[str, Reason], tallies: Tallies
) -> Ring | None:
    """All reporters in groups of at least three that are joined by pairs; None without any.

    Groups that moderators agree with are left out: a team of trusted reporters hides no brigade.
    """
    groups = [
        group
        for group in _grouped(sorted(pairs, key=lambda pair: (pair.first, pair.second)))
        if len(_names(group)) >= MIN_RING and not _is_right(_names(group), tallies)
    ]
    if not groups:
        return None
    pairs = [pair for group in groups for pair in group]
    accounts = sorted(_names(pairs))
    upheld, decided = _decided(accounts, tallies)
    similar = _similar([reasons[name].sketch for name in accounts if name in reasons])
    return Ring(burst, tuple(accounts), tuple(pairs), upheld, decided, similar)


class History:
    """Kept pairs of the whole population, and which targets both reported before a moment."""

    def __init__(self, table: Table, result: Result) -> None:
        self._names = table.accounts
        self._partners: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self._first: dict[str, dict[int, float]] = defaultdict(dict)
        edges = result.edges
        for a, b, p, tier in zip(
            *(x.tolist() for x in (edges.a, edges.b, edges.p, edges.tier)), strict=True
        ):
            if tier != EdgeTier.EVENT_EXPLAINED:
                self._partners[self._names[a]].append((self._names[b], p))
        acts = (column.tolist() for column in (table.object, table.account, table.at))
        for target, account, at in zip(*acts, strict=True):
            self._first[self._names[account]][target] = at

    def pairs(self, burst: Burst, least: int) -> list[Pair]:
        """Kept pairs of the burst with at least `least` common targets before it began."""
        found = []
        for first in sorted(burst.reporters):
            for second, p in self._partners.get(first, ()):
                if second in burst.reporters:
                    common = self._common(first, second, burst.first_at)
                    if common >= least:
                        found.append(Pair(first, second, common, p))
        return found

    def _common(self, first: str, second: str, before: float) -> int:
        one, two = self._first[first], self._first[second]
        return sum(max(at, two[target]) < before for target, at in one.items() if target in two)


def _names(pairs: Iterable[Pair]) -> set[str]:
    return {name for pair in pairs for name in (pair.first, pair.second)}


def _decided(accounts: Iterable[str], tallies: Tallies) -> tuple[int, int]:
    """Upheld and decided reports of these accounts."""
    told = [tallies[name] for name in accounts if name in tallies]
    return sum(upheld for upheld, _ in told), sum(total for _, total in told)


def _is_right(accounts: Iterable[str], tallies: Tallies) -> bool:
    """Whether moderators agree with them: then the target is what is wrong."""
    upheld, decided = _decided(accounts, tallies)
    return decided >= RIGHT_LEAST and upheld >= RIGHT_RATE * decided


def _grouped(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Pairs by connected component."""
    if not pairs:
        return []
    names = sorted(_names(pairs))
    place = {name: n for n, name in enumerate(names)}
    label = components(
        np.array([place[pair.first] for pair in pairs]),
        np.array([place[pair.second] for pair in pairs]),
    )
    groups: dict[int, list[Pair]] = defaultdict(list)
    for pair, group in zip(pairs, label.tolist(), strict=True):
        groups[group].append(pair)
    return [groups[group] for group in sorted(groups)]


def _similar(sketches: Sequence[str]) -> int:
    """How many of the reasons are nearly the same as another one."""
    told = [bytes.fromhex(sketch) for sketch in sketches if sketch]
    if not told:
        return 0
    table = np.array([np.frombuffer(one, dtype=">u2") for one in told])
    equal = (table[:, None, :] == table[None, :, :]).mean(axis=2)
    np.fill_diagonal(equal, 0.0)
    return int((equal.max(axis=1) >= CLOSE_REASONS).sum())
