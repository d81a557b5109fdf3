"""Accounts that hang on a group by evidence with several of its members. Pure."""

from __future__ import annotations

import numpy as np

from detectors import scoring
from detectors.pairs import DECLARED, Edge, Flags, Floats, Ints, Pairs


class Ties:
    """Accounts outside a core that belong to it by evidence with different members of it.

    Evidence of one family counts once, by the member it is strongest with; what the account shares
    with many members in turn, as three texts with three of them, counts as if with one. An empty
    core stands for everybody else.
    """

    def __init__(self, core: frozenset[str], pairs: Pairs) -> None:
        self._pairs = pairs
        self._core = [
            place for place, name in enumerate(pairs.accounts) if not core or name in core
        ]
        self._best = {
            family: self._raised(family, best[:, self._core].max(axis=1))
            for family, best in pairs.best.items()
        }
        self._score = scoring.PRIOR + np.sum([*self._best.values()], axis=0)
        for taken in (pairs.declared, pairs.apart) if core else ():
            if taken is not None:
                self._score += taken[:, self._core].min(axis=1)
        enough = (self._score >= scoring.S_OPEN) & (self._kinds() > 1)
        if core:
            enough[self._core] = False
        self.places: list[int] = np.flatnonzero(enough).tolist()

    def edges(self) -> dict[str, Edge]:
        """Account -> its tie to the group, drawn to the member it shares most with."""
        total = self._pairs.total()
        return {self._pairs.accounts[place]: self._edge(place, total) for place in self.places}

    def _raised(self, family: str, best: Floats) -> Floats:
        for detector, named in self._pairs.named.items():
            least, llr = scoring.SEVERAL[detector]
            if named.family == family:
                shared = named.touches[:, named.touches[self._core].any(axis=0)].sum(axis=1)
                best = np.where(shared >= least, np.maximum(best, llr), best)
        return best

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
        other = self._nearest(place, total)
        a, b = sorted((self._pairs.accounts[place], self._pairs.accounts[other]))
        return Edge(a, b, float(self._score[place]), parts, group=True)

    def _nearest(self, place: int, values: Floats) -> int:
        return max(self._core, key=lambda other: (values[place, other], -other))
