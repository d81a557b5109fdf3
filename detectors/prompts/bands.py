"""Which templates share a band of their signatures, and so are worth a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors import minhash

_VALUE_BITS: Final = 16
_INT_BITS: Final = 63

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
Table = NDArray[np.uint16]


class Cut(NamedTuple):
    """How signatures are cut into bands. compared_all: members of a band up to which all pairs are
    proposed; there are twice as many bands of two rows."""

    rows: int
    compared_all: int

    @property
    def bands(self) -> range:
        """The first row of each."""
        return range(0, minhash.VALUES, self.rows)


CLOSE, LOOSE = Cut(4, 32), Cut(2, 16)


class Proposed(NamedTuple):
    """Pairs to compare, each once, the lower place left. few, many: (bands, places) whether a place
    shares the band with so few others that all pairs of them are proposed, or with more."""

    left: Places
    right: Places
    few: Flags
    many: Flags


def proposed(table: Table, space: Places, cut: Cut, fresh: Flags) -> Proposed:
    """Pairs of one space that agree in all rows of some band.

    Of many that share a band neighbours are paired, and the first with each. fresh: (bands, places)
    of few, only pairs with one of these are told.
    """
    size, codes = len(table), [np.empty(0, dtype=np.int64)]
    few, many = np.zeros_like(fresh), np.zeros_like(fresh)
    for band, start in enumerate(cut.bands):
        order, word = _met(table[:, start : start + cut.rows], space)
        if not len(order):
            continue
        begins = np.flatnonzero(np.diff(word, prepend=~word[:1]))
        length = np.diff(begins, append=len(word))
        crowded = np.repeat(length > cut.compared_all, length)
        few[band, order[~crowded]], many[band, order[crowded]] = True, True
        told = fresh[band, order] | crowded
        some = np.repeat(np.logical_or.reduceat(told, begins), length)
        told = told[some]
        one, other = _within(word[some], cut.compared_all)
        new = told[one] | told[other]
        order = order[some]
        codes.append(order[one[new]] * size + order[other[new]])
    joined = np.concatenate(codes)
    joined.sort()  # many times faster than `np.unique`, which hashes first
    left, right = np.divmod(joined[np.diff(joined, prepend=-1) > 0], max(1, size))
    met = space[left] == space[right]
    return Proposed(left[met], right[met], few, many)


def _met(rows: Table, space: Places) -> tuple[Places, NDArray[np.uint64]]:
    """Places that share all their values with others, by what they share; and that as a word."""
    bits, size = int(space.max(initial=0)).bit_length() + _VALUE_BITS * rows.shape[1], len(rows)
    if bits + size.bit_length() <= _INT_BITS:
        return _met_packed(_word(rows, space), size)
    word = _word(rows, space)
    order = np.argsort(word)
    met = np.sort(order[_shared(word[order])])
    order = met[np.argsort(word[met], kind="stable")]
    return order, word[order]


def _met_packed(word: NDArray[np.uint64], size: int) -> tuple[Places, NDArray[np.uint64]]:
    """The same of short words: those that bring their places along sort about ten times faster."""
    bits = np.uint64(size.bit_length())
    packed = (word << bits | np.arange(size, dtype=np.uint64)).view(np.int64)
    packed.sort()
    word = packed.view(np.uint64) >> bits
    shared = _shared(word)
    places = packed[shared] & (1 << size.bit_length()) - 1
    return places, word[shared]


def _word(rows: Table, space: Places) -> NDArray[np.uint64]:
    word: NDArray[np.uint64] = space.astype(np.uint64)
    for row in range(rows.shape[1]):
        word = (word << np.uint64(16)) ^ (word >> np.uint64(48)) ^ rows[:, row]
    return word


def _shared(word: NDArray[np.uint64]) -> Flags:
    """Which of the words in order stand beside an equal one: few of many."""
    again: Flags = np.diff(word, prepend=~word[:1], append=~word[-1:]) == 0
    shared: Flags = again[:-1] | again[1:]
    return shared


def _within(word: NDArray[np.uint64], compared_all: int) -> tuple[Places, Places]:
    """Pairs of places of equal words, which stand in order.

    All pairs of a small group; of a large one neighbours, and the first with each.
    """
    if not len(word):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    fresh = np.concatenate(([True], word[1:] != word[:-1]))
    begins = np.flatnonzero(fresh)
    lengths = np.diff(begins, append=len(word))
    first, length = np.repeat(begins, lengths), np.repeat(lengths, lengths)
    large = np.flatnonzero((length > compared_all) & ~fresh)
    lefts: list[Places] = [first[large]]
    rights: list[Places] = [large]
    for apart in range(1, min(compared_all, int(lengths.max()))):
        near = first[apart:] == first[:-apart]
        if apart > 1:
            near &= length[apart:] <= compared_all
        places = np.flatnonzero(near)
        lefts.append(places)
        rights.append(places + apart)
    return np.concatenate(lefts), np.concatenate(rights)


def share_few(few: Flags, table: Table, cut: Cut, left: Places, right: Places) -> Flags:
    """Which pairs agree in a band that few share, so that they are proposed whoever is new."""
    found = np.zeros(len(left), dtype=np.bool_)
    for band, start in enumerate(cut.bands):
        rows = slice(start, start + cut.rows)
        found |= few[band, left] & (table[left, rows] == table[right, rows]).all(axis=1)
    return found


def places_of(names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Where each name stands; nothing where one stands twice."""
    found = dict(zip(names, range(len(names)), strict=True))
    return found if len(found) == len(names) else {}
