"""Accounts that hang on a group by evidence with several of its members. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from detectors import scoring
from detectors.base import Family
from detectors.pairs import DECLARED, ESTABLISHED, Edge, Flags, Floats, Ints, Pairs

MAX_REACH = 60
MIN_BRIDGE = 2
"""One account may be a helper of two operations."""


def bridge(one: frozenset[str], two: frozenset[str], pairs: Pairs) -> list[Edge]:
    """Edges between two groups that are one operation; none where that is not shown.

    One is an operation by itself and the other holds together, so only whether they are the same is
    asked: the strongest evidence of each family between any two of their accounts counts, and it
    must reach two accounts on both sides.
    """
    ones, twos = _places(one, pairs), _places(two, pairs)
    block = np.ix_(ones, twos)
    shared = np.any([best[block] > 0.0 for best in pairs.best.values()], axis=0)
    if min(shared.any(axis=1).sum(), shared.any(axis=0).sum()) < MIN_BRIDGE:
        return []
    parts = _strongest(ones, twos, pairs)
    score = scoring.PRIOR + scoring.ESTABLISHED + sum(llr for llr, _ in parts.values())
    parts[ESTABLISHED] = scoring.ESTABLISHED, 0
    if pairs.declared is not None and (known := float(pairs.declared[block].min())):
        score, parts[DECLARED] = score + known, (known, 0)
    if is_cut(one, two, pairs) or score < scoring.S_OPEN:
        return []
    total = np.where(shared, pairs.total()[block], -np.inf)
    ends = {
        (pairs.accounts[ones[int(total[:, place].argmax())]], pairs.accounts[twos[place]])
        for place in np.flatnonzero(shared.any(axis=0)).tolist()
    }
    return [Edge(min(pair), max(pair), score, parts, group=True) for pair in sorted(ends)]


def is_cut(one: frozenset[str], two: frozenset[str], pairs: Pairs) -> bool:
    """Whether a person said of two of their accounts that they do not belong together."""
    if pairs.apart is None:
        return False
    return bool(pairs.apart[np.ix_(_places(one, pairs), _places(two, pairs))].any())


def in_reach(core: frozenset[str], pairs: Pairs) -> set[str]:
    """Accounts with which another known operation could be the same as this one."""
    inside = _places(core, pairs)
    others = [place for place in range(len(pairs.accounts)) if place not in set(inside)]
    parts = _strongest(inside, others, pairs) if others else {}
    most = scoring.PRIOR + scoring.ESTABLISHED + sum(llr for llr, _ in parts.values())
    return set() if most < scoring.S_OPEN else sharers_of(inside, pairs)


def sharers_of(places: list[int], pairs: Pairs) -> set[str]:
    """Accounts with evidence in common with these; none where those are a crowd.

    Who shares a saying with hundreds is not followed to all of them: what hangs together is then
    seen from the other side, when that changes.
    """
    shared = np.any([best[places] > 0.0 for best in pairs.best.values()], axis=(0, 1))
    found = np.flatnonzero(shared).tolist()
    return {pairs.accounts[place] for place in found} if len(found) <= MAX_REACH else set()


def _strongest(ones: list[int], twos: list[int], pairs: Pairs) -> dict[str, tuple[float, int]]:
    """Family -> the most that it says of two groups, and the finding behind it."""
    block, found = np.ix_(ones, twos), dict[str, tuple[float, int]]()
    for family, best in pairs.best.items():
        place = np.unravel_index(best[block].argmax(), best[block].shape)
        llr, finding = float(best[block][place]), int(pairs.by[family][block][place])
        both = partial(_touched_by_both, ones, twos)
        llr = float(_raised(family, np.asarray(llr), pairs, both))
        if llr > 0.0:
            found[family] = llr, finding
    return found


def _raised(family: str, best: Floats, pairs: Pairs, count: Callable[[Flags], Ints]) -> Floats:
    """LLRs of a family, higher where enough of its findings are shared. count: how many are."""
    for detector, named in pairs.named.items():
        least, llr = scoring.SEVERAL[detector]
        if named.family == family:
            best = np.where(count(named.touches) >= least, np.maximum(best, llr), best)
    return best


def _shared_with(core: list[int], touches: Flags) -> Ints:
    shared: Ints = touches[:, touches[core].any(axis=0)].sum(axis=1)
    return shared


def _touched_by_both(ones: list[int], twos: list[int], touches: Flags) -> Ints:
    return np.asarray((touches[ones].any(axis=0) & touches[twos].any(axis=0)).sum())


def _places(names: frozenset[str], pairs: Pairs) -> list[int]:
    return [place for place, name in enumerate(pairs.accounts) if name in names]


class Ties:
    """Accounts outside a core that belong to it by evidence with different members of it.

    established: the core is an operation by itself. Then one kind of evidence is enough that is at
    its strongest with several members: the AI account that wrote what they publish, the young site
    that they push, somebody who tells several of their stories.

    Evidence of one family counts once, by the member it is strongest with; what the account shares
    with many members in turn, as three texts with three of them, counts as if with one. An empty
    core stands for everybody else.
    """

    def __init__(self, core: frozenset[str], pairs: Pairs, *, established: bool = False) -> None:
        self._pairs = pairs
        self._core = _places(core, pairs) if core else list(range(len(pairs.accounts)))
        shared = partial(_shared_with, self._core)
        self._best = {
            family: _raised(family, best[:, self._core].max(axis=1), pairs, shared)
            for family, best in pairs.best.items()
        }
        self._score = scoring.PRIOR + np.sum([*self._best.values()], axis=0)
        for taken in (pairs.declared, pairs.apart) if core else ():
            if taken is not None:
                self._score += taken[:, self._core].min(axis=1)
        enough = (self._score >= scoring.S_OPEN) & (self._kinds() > 1)
        self._used = self._telling() if established else np.zeros(len(pairs.accounts), dtype=bool)
        enough = enough | self._used
        if core:
            enough[self._core] = False
        self.places: list[int] = np.flatnonzero(enough).tolist()

    def edges(self) -> dict[str, Edge]:
        """Account -> its tie to the group, drawn to the member it shares most with."""
        total = self._pairs.total()
        return {self._pairs.accounts[place]: self._edge(place, total) for place in self.places}

    def _telling(self) -> Flags:
        """Accounts that one family alone ties to several members of the core."""
        needed = scoring.S_OPEN - scoring.PRIOR - scoring.ESTABLISHED
        found: Flags = np.zeros(len(self._pairs.accounts), dtype=bool)
        for family in scoring.TELLING.intersection(self._pairs.best):
            one = self._pairs.best[family][:, self._core]
            if family == Family.CONTENT:  # a single story is what anybody may tell on
                found |= (self._several(family) >= needed) & ((one > 0.0).sum(axis=1) >= MIN_BRIDGE)
            else:
                found |= (one >= needed).sum(axis=1) >= MIN_BRIDGE
        found &= self._score >= needed + scoring.PRIOR
        return found

    def _several(self, family: str) -> Floats:
        """What a family says of each account by several things shared with the core, 0 by fewer."""
        nothing = np.zeros(len(self._pairs.accounts))
        return _raised(family, nothing, self._pairs, partial(_shared_with, self._core))

    def _kinds(self) -> Ints:
        """How many kinds of evidence reach each account."""
        reached: dict[str, Flags] = {}
        for family, best in self._best.items():
            kind = scoring.kind_of(family)
            reached[kind] = reached.get(kind, False) | (best > 0.0)
        count: Ints = np.sum([*reached.values()], axis=0, dtype=np.int64)
        return count

    def _edge(self, place: int, total: Floats) -> Edge:
        parts: dict[str, tuple[float, int]] = {}
        for family, best in self._best.items():
            if best[place] > 0.0:
                whom = self._nearest(place, self._pairs.best[family])
                parts[family] = float(best[place]), int(self._pairs.by[family][place, whom])
        if self._pairs.declared is not None:
            taken = float(self._pairs.declared[place, self._core].min())
            parts |= {DECLARED: (taken, 0)} if taken else {}
        score = float(self._score[place])
        if self._used[place] and score < scoring.S_OPEN:
            score, parts[ESTABLISHED] = score + scoring.ESTABLISHED, (scoring.ESTABLISHED, 0)
        other = self._nearest(place, total)
        a, b = sorted((self._pairs.accounts[place], self._pairs.accounts[other]))
        return Edge(a, b, score, parts, group=True)

    def _nearest(self, place: int, values: Floats) -> int:
        return max(self._core, key=lambda other: (values[place, other], -other))
