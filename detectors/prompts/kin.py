"""Which templates belong together: in chains of neighbours, or in companies that do not chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from detectors import minhash
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

Places = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Cut(NamedTuple):
    """How signatures are cut into bands. compared_all: members of a band up to which all pairs are
    proposed; there are twice as many bands of two rows."""

    rows: int
    compared_all: int


class Pairs(NamedTuple):
    """Pairs of places, the lower one left, each once, and the estimated Jaccard of each."""

    left: Places
    right: Places
    j: Floats

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
    templates: Sequence[Template], j: float, worth: Sequence[int] = (), least: int = 0
) -> list[list[int]]:
    """Places of the templates that are one: like `chains`, but both ends of a chain stay apart.

    The likest pairs are joined first, and two companies only where a third of the pairs between
    them are alike: at Jaccard >= j, with enough in common. Equal for any order of the templates.
    worth: of each; of chains that together are worth less than `least` no company is told.
    """
    if not templates:
        return []
    order = sorted(range(len(templates)), key=lambda at: templates[at][:2])
    kin = _Kin([templates[at] for at in order], j, least_common=MIN_COMMON)
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


_CLOSE, _LOOSE = Cut(4, 32), Cut(2, 16)


class _Kin:
    """Templates and from which Jaccard two of them are alike."""

    def __init__(self, templates: Sequence[Template], j: float, *, least_common: int = 0) -> None:
        self.table = table_of([one.signature for one in templates])
        spaces: dict[str, int] = {}
        self.space = np.array([spaces.setdefault(one.space, len(spaces)) for one in templates])
        self.limit = np.array([j * SKETCH_SHARE if name else j for name in spaces])
        self.is_text = np.array([not name for name in spaces])
        self.cut = _CLOSE if j >= _CLOSE_J else _LOOSE
        self.least_common = least_common
        self.sizes = _sizes(self.table) if least_common else np.zeros(len(templates))

    def pairs(self) -> Pairs:
        """The alike ones among those that the bands propose."""
        left, right = _proposed(self.table, self.space, self.cut)
        j = np.empty(len(left))
        for at in range(0, len(left), _AT_ONCE):
            some = slice(at, at + _AT_ONCE)
            j[some] = self._shares(left[some], right[some])
        kept = self._are_alike(left, right, j)
        return Pairs(left[kept], right[kept], j[kept])

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


def _proposed(table: NDArray[np.uint16], space: Places, cut: Cut) -> tuple[Places, Places]:
    """Pairs that agree in all rows of some band, each once, the lower place left."""
    size = len(table)
    codes: list[Places] = [np.empty(0, dtype=np.int64)]
    for start in range(0, minhash.VALUES, cut.rows):
        word = space.astype(np.uint64)
        for row in range(start, start + cut.rows):
            word = (word << np.uint64(16)) ^ (word >> np.uint64(48)) ^ table[:, row]
        met = _met(word)
        order = met[np.argsort(word[met], kind="stable")]
        left, right = _within(order, word[order], cut.compared_all)
        codes.append(left * size + right)
    proposed = np.concatenate(codes)
    proposed.sort()  # many times faster than `np.unique`, which hashes first
    left, right = np.divmod(proposed[np.diff(proposed, prepend=-1) > 0], size)
    met = space[left] == space[right]
    return left[met], right[met]


def _met(word: NDArray[np.uint64]) -> Places:
    """Places of the words that are there more than once, in order: few of many."""
    order = np.argsort(word)
    again = np.diff(word[order], prepend=~word[order[:1]], append=~word[order[-1:]]) == 0
    return np.sort(order[again[:-1] | again[1:]])


def _within(order: Places, word: NDArray[np.uint64], compared_all: int) -> tuple[Places, Places]:
    """Pairs inside one band. order: places by their word, word: of each of them.

    All pairs of a small group; of a large one neighbours, and the first with each.
    """
    fresh = np.concatenate(([True], word[1:] != word[:-1]))
    begins = np.flatnonzero(fresh)
    lengths = np.diff(begins, append=len(word))
    first, length = np.repeat(begins, lengths), np.repeat(lengths, lengths)
    large = np.flatnonzero((length > compared_all) & ~fresh)
    lefts, rights = [order[first[large]]], [order[large]]
    for apart in range(1, min(compared_all, int(lengths.max()))):
        near = first[apart:] == first[:-apart]
        if apart > 1:
            near &= length[apart:] <= compared_all
        lefts.append(order[:-apart][near])
        rights.append(order[apart:][near])
    return np.concatenate(lefts), np.concatenate(rights)
