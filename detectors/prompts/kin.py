"""Which templates belong together: in chains of neighbours, or in companies that do not chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from detectors import minhash
from detectors.prompts.bands import (
    CLOSE,
    LOOSE,
    Flags,
    Places,
    Table,
    places_of,
    proposed,
    share_few,
)
from detectors.prompts.templates import MIN_CHARS, SKETCH_SHARE, Template, table_of

MET_SHARE: Final = 1 / 3
"""Two companies become one where at least this share of the pairs between them are alike."""
LOOKED_AT: Final = 32
"""Members of a company that others are compared with, so that a large one costs no more."""
MIN_COMMON: Final = 2 * MIN_CHARS
SURE_J: Final = 0.7
"""Short wordings share half of their pieces by chance: "please sum up the following text". Below
this Jaccard two are alike only with MIN_COMMON pieces in common."""

_CLOSE_J = 0.6
_AT_ONCE = 4_096

Floats = NDArray[np.float64]


class Pairs(NamedTuple):
    """Pairs of places, the lower one left, each once, and the estimated Jaccard of each."""

    left: Places
    right: Places
    j: Floats

    def joined(self, more: Pairs) -> Pairs:
        """These and more, in order; a pair that is in both once."""
        both = [np.concatenate(columns) for columns in zip(self, more, strict=True)]
        order = np.lexsort((both[1], both[0]))
        left, right, j = (column[order] for column in both)
        fresh = (np.diff(left, prepend=-1) != 0) | (np.diff(right, prepend=-1) != 0)
        return Pairs(left[fresh], right[fresh], j[fresh])

    def of(self, places: Flags) -> Pairs:
        """Those of some places; both of a pair are among them or none."""
        kept = places[self.left]
        return Pairs(self.left[kept], self.right[kept], self.j[kept])


def chains(templates: Sequence[Template], j: float) -> list[list[int]]:
    """Places of the templates that hang together: a chain of neighbours, each at Jaccard >= j.

    Ordered by their first place. LSH bands propose the neighbours: a pair at J 0.7 is missed with a
    chance of 2e-4, one at 0.3 with 2e-3. Of a band that many share the neighbours are compared that
    lie side by side, and each with the first; others meet in another band.
    """
    if not templates:
        return []
    return _groups(_chained(_Kin(templates, j).pairs(), len(templates)).tolist())


def companies(
    templates: Sequence[Template],
    j: float,
    worth: Sequence[int] = (),
    least: int = 0,
    memory: Memory | None = None,
) -> list[list[int]]:
    """Places of the templates that are one: like `chains`, but both ends of a chain stay apart.

    The likest pairs are joined first, and two companies only where a third of the pairs between
    them are alike: at Jaccard >= j, with enough in common. Equal for any order of the templates.
    worth: of each; of chains that together are worth less than `least` no company is told. memory:
    of what was compared the last time, so that only new templates are.
    """
    if not templates:
        return []
    order = sorted(range(len(templates)), key=lambda at: templates[at][:2])
    kin = _Kin([templates[at] for at in order], j, least_common=MIN_COMMON, memory=memory)
    pairs, told = kin.pairs(), np.ones(len(order), dtype=np.bool_)
    if worth:
        chain = _chained(pairs, len(order))
        told = (np.bincount(chain, weights=np.array(worth)[order]) >= least)[chain]
    union = _Union(len(order))
    for one, other in _likest_first(pairs.of(told), len(order)):
        left, right = union.home(one), union.home(other)
        if left != right and kin.share(union.shown[left], union.shown[right]) >= MET_SHARE:
            union.join(left, right)
    home = {order[rank]: union.home(rank) for rank in np.flatnonzero(told).tolist()}
    places = sorted(home)
    return [[places[at] for at in group] for group in _groups(home[place] for place in places)]


@dataclass(frozen=True, slots=True)
class Compared:
    """What one comparison leaves to the next.

    asked: limits that it was made with; places: of each (name, space); many: see `Proposed`.
    """

    asked: tuple[float, int]
    places: dict[tuple[str, str], int]
    table: Table
    sizes: Floats
    many: Flags
    alike: Pairs


@dataclass(slots=True)
class Memory:
    """The last comparison. Any one, or none, leads to the same pairs."""

    last: Compared | None = None


class _Kin:
    """Templates and from which Jaccard two of them are alike."""

    def __init__(
        self,
        templates: Sequence[Template],
        j: float,
        *,
        least_common: int = 0,
        memory: Memory | None = None,
    ) -> None:
        self.table = table_of([one.signature for one in templates])
        spaces: dict[str, int] = {}
        self.space = np.array([spaces.setdefault(one.space, len(spaces)) for one in templates])
        self.limit = np.array([j * SKETCH_SHARE if name else j for name in spaces])
        self.is_text = np.array([not name for name in spaces])
        self.cut = CLOSE if j >= _CLOSE_J else LOOSE
        self.least_common = least_common
        self._memory = memory or Memory()
        self._asked = (j, least_common)
        self._places = places_of([one[:2] for one in templates]) if memory else {}
        self._was = self._places_before()
        self.sizes = self._sizes() if least_common else np.zeros(len(templates))

    def pairs(self) -> Pairs:
        """The alike ones among those that the bands propose."""
        before, known = self._memory.last, np.flatnonzero(self._was >= 0)
        fresh = np.ones((len(self.cut.bands), len(self.table)), dtype=np.bool_)
        if before is not None and len(known):
            fresh[:, known] = before.many[:, self._was[known]]
        left, right, few, many = proposed(self.table, self.space, self.cut, fresh)
        j = np.empty(len(left))
        for at in range(0, len(left), _AT_ONCE):
            some = slice(at, at + _AT_ONCE)
            j[some] = self._shares(left[some], right[some])
        kept = self._are_alike(left, right, j)
        found = Pairs(left[kept], right[kept], j[kept]).joined(self._still_alike(few))
        if self._places:
            rest = (self.table, self.sizes, many, found)
            self._memory.last = Compared(self._asked, self._places, *rest)
        return found

    def _places_before(self) -> Places:
        """Where each stood the last time, with the same signature; -1 for those that are new."""
        before = self._memory.last
        if not self._places or before is None or before.asked != self._asked:
            self._memory.last = None
            return np.full(len(self.table), -1)
        was = np.fromiter((before.places.get(one, -1) for one in self._places), dtype=np.int64)
        known = np.flatnonzero(was >= 0)
        other = (self.table[known] != before.table[was[known]]).any(axis=1)
        was[known[other]] = -1
        return was

    def _sizes(self) -> Floats:
        """Of those that are known as they were the last time."""
        sizes, new, before = np.empty(len(self.table)), self._was < 0, self._memory.last
        sizes[new] = _sizes(self.table[new])
        if before is not None:
            sizes[~new] = before.sizes[self._was[~new]]
        return sizes

    def _still_alike(self, few: Flags) -> Pairs:
        """Pairs of the last time that are proposed still, without a look at their signatures."""
        before = self._memory.last
        if before is None:
            none = np.empty(0, dtype=np.int64)
            return Pairs(none, none, np.empty(0))
        now = np.full(len(before.table), -1)
        known = np.flatnonzero(self._was >= 0)
        now[self._was[known]] = known
        left, right, j = now[before.alike.left], now[before.alike.right], before.alike.j
        there = (left >= 0) & (right >= 0)
        left, right, j = left[there], right[there], j[there]
        still = share_few(few, self.table, self.cut, left, right)
        return Pairs(left[still], right[still], j[still])

    def share(self, ones: Sequence[int], others: Sequence[int]) -> float:
        """Share of the pairs between two groups that are alike."""
        left, right = np.repeat(ones, len(others)), np.tile(others, len(ones))
        return float(self._are_alike(left, right, self._shares(left, right)).mean())

    def _shares(self, left: Places, right: Places) -> Floats:
        """Estimated Jaccard: the share of equal rows."""
        equal = self.table[left] == self.table[right]
        eights = np.bitwise_count(equal.view(np.uint64))  # faster than to count one by one
        shares: Floats = eights.sum(axis=1, dtype=np.int64) / equal.shape[1]
        return shares

    def _are_alike(self, left: Places, right: Places, j: Floats) -> Flags:
        alike: Flags = j >= self.limit[self.space[left]]
        if self.least_common:
            common = j / (1 + j) * (self.sizes[left] + self.sizes[right])
            sure = (j >= SURE_J) | ~self.is_text[self.space[left]]
            alike &= sure | (common >= self.least_common)
        return alike


class _Union:
    """Disjoint groups of places. shown: of each group the lowest places, by its lowest one."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))
        self.shown = [[place] for place in range(size)]

    def home(self, place: int) -> int:
        """The lowest place of the group."""
        parent = self._parent
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    def join(self, one: int, other: int) -> None:
        low, high = sorted((one, other))
        self._parent[high] = low
        self.shown[low] = sorted(self.shown[low] + self.shown[high])[:LOOKED_AT]
        self.shown[high] = []


def _chained(pairs: Pairs, size: int) -> Places:
    """The number of the chain that each place hangs in."""
    ones = np.ones(len(pairs.left), dtype=np.int8)
    graph = coo_array((ones, (pairs.left, pairs.right)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    return np.asarray(label, dtype=np.int64)


def _likest_first(pairs: Pairs, size: int) -> Iterable[tuple[int, int]]:
    """The pairs that a chain needs, each of which joins two parts of it, the likest first."""
    order = np.lexsort((pairs.right, pairs.left, -pairs.j))
    left, right = pairs.left[order], pairs.right[order]
    # no two alike and none 0, which would be no edge: so there is but one tree
    weights = np.arange(1.0, len(order) + 1)
    graph = coo_array((weights, (left, right)), shape=(size, size)).tocsr()
    kept = np.sort(minimum_spanning_tree(graph).data).astype(np.int64) - 1
    return zip(left[kept].tolist(), right[kept].tolist(), strict=True)


def _groups(labels: Iterable[int]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        groups.setdefault(label, []).append(place)
    return list(groups.values())


def _sizes(table: NDArray[np.uint16]) -> Floats:
    """Estimated pieces of each template: so many fill so many of the 128 bins with own values.

    Above 700 all bins are full, and it says 700.
    """
    ordered = np.sort(table, axis=1)
    filled = 1 + np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1)
    bins = float(minhash.VALUES)
    sizes: Floats = -bins * np.log1p(-np.minimum(filled, bins - 0.5) / bins)
    return sizes
