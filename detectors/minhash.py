"""Sets of hashes: shingles of short texts, one-permutation MinHash, LSH bands, exact Jaccard."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

VALUES = 128
BANDS = 21
ROWS = 6
SHINGLE = 5
MAX_CHARS = 4_096
"""Longer texts are compared by their beginning: the longest post of the large messengers."""

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Points = NDArray[np.uint32]

_BIN_BITS = 7
_BINS = VALUES - 1
_PROBES = 24
_DIGITS = 16
_SHIFT = np.uint64(64 - _BIN_BITS)
_MASK = (1 << 64) - 1


def shingle_hashes(text: str) -> Hashes:
    """Hashes of all runs of 5 characters, sorted, each once; shape (n,), n <= len(text) - 4.

    A 64-bit polynomial of the code points, then a finaliser; the same in every process. Two
    different shingles of one text collide with a chance below 1e-12.
    """
    return shingle_sets([text])[0]


def shingle_sets(texts: Sequence[str]) -> list[Hashes]:
    """`shingle_hashes` of many texts: for short ones a third of the time that each alone takes."""
    cut = [text[:MAX_CHARS] for text in texts]
    lengths = np.array([max(0, len(text) - SHINGLE + 1) for text in cut])
    if not lengths.any():
        return [np.empty(0, dtype=np.uint64) for _ in cut]
    joined = "".join(text for text in cut if len(text) >= SHINGLE)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    hashes = mixed(np.correlate(points.astype(np.uint64), _WEIGHTS, "valid"))
    ends = np.cumsum(lengths)
    spans = zip(_starts(lengths), lengths.tolist(), strict=True)
    ordered = np.concatenate([np.sort(hashes[first : first + length]) for first, length in spans])
    fresh = _changes(ordered)
    fresh[(ends - lengths)[lengths > 0]] = True  # where a text begins
    ordered = ordered[fresh]
    kept = np.concatenate(([0], np.cumsum(fresh)))[ends].tolist()
    return [ordered[start:end] for start, end in pairwise([0, *kept])]


def distinct(hashes: Hashes) -> Hashes:
    """The hashes sorted, each once."""
    ordered = np.sort(hashes)
    return ordered[_changes(ordered)]


def survivors(hashes: Hashes, count: int) -> Hashes:
    """At most `count` hashes, sorted: those divisible by the highest powers of two, any of equals.

    They are left when only multiples of 2, 4, 8, ... are kept, so that a set and what is kept of
    it have the same ones. A random sample otherwise, whose Jaccard estimates that of the sets.
    """
    if len(hashes) <= count:
        return hashes
    lowest_bit = hashes & np.negative(hashes)
    order = np.lexsort((mixed(hashes), np.negative(lowest_bit)))
    return np.sort(hashes[order[:count]])


def signature(shingles: Hashes) -> Hashes:
    """One-permutation MinHash of sorted hashes; shape (128,), all zero for an empty set.

    The top 7 bits of a hash choose its bin, a bin holds the least hash in it. An empty bin copies
    the first filled one of its own fixed series of 24 random bins, else the next filled one to the
    right. Two sets agree in a row with probability J (Shrivastava 2017, optimal densification);
    the standard deviation of the estimate is about sqrt(J (1 - J) / min(n, 128)).
    """
    values: Hashes = signatures([shingles])[0]
    return values


def signatures(sets: Sequence[Hashes]) -> Hashes:
    """`signature` of many sets; shape (sets, 128)."""
    values = np.zeros((len(sets), VALUES), dtype=np.uint64)
    filled = np.zeros((len(sets), VALUES), dtype=np.bool_)
    hashes = np.concatenate([*sets, np.empty(0, dtype=np.uint64)])
    rows = np.repeat(np.arange(len(sets)) * VALUES, [len(one) for one in sets])
    bins = (hashes >> _SHIFT).astype(np.int64) + rows
    least = _changes(bins)
    chosen = bins[least]
    values.reshape(-1)[chosen] = hashes[least]
    filled.reshape(-1)[chosen] = True
    _fill_empty(values, filled)
    return values


def band_names(values: Hashes, *, rows: int = ROWS) -> tuple[str, ...]:
    """Names of the 21 bands of a signature, each of `rows` rows, at most 6; the rest is unused. Two
    sets share a band with probability J^rows: one of 21 with 0.998 at J 0.8 and 6 rows."""
    return digits(bands(values[np.newaxis], rows=rows)[0])


def bands(values: Hashes, *, rows: int = ROWS) -> Hashes:
    """The numbers behind `band_names` of many signatures. values: (sets, 128); gives (sets, 21)."""
    table = values[:, : BANDS * rows].reshape(-1, BANDS, rows)
    weighted = (table * _ROW_WEIGHTS[:rows]).sum(axis=2, dtype=np.uint64)
    return mixed(weighted + _BAND_NUMBERS)


def digits(numbers: Hashes) -> tuple[str, ...]:
    """Each number in 16 hexadecimal digits."""
    text = numbers.astype(">u8").tobytes().hex()
    return tuple(text[start : start + _DIGITS] for start in range(0, len(text), _DIGITS))


def jaccard(left: Hashes, right: Hashes) -> float:
    """Size of the intersection over size of the union of two sorted sets; 0 for two empty ones."""
    total = len(left) + len(right)
    shared = common(left, right)
    return shared / (total - shared) if total else 0.0


def common(left: Hashes, right: Hashes) -> int:
    """Size of the intersection of two sets, each without repeats."""
    merged = np.concatenate((left, right))
    merged.sort()
    return int(np.count_nonzero(merged[1:] == merged[:-1]))


def _fill_empty(values: Hashes, filled: NDArray[np.bool_]) -> None:
    """Give each empty bin of a set that is not empty the value of a filled one."""
    flat, known = values.reshape(-1), filled.reshape(-1)
    empty = np.flatnonzero(~filled & filled.any(axis=1, keepdims=True))
    for series in _SERIES:
        source = (empty & ~_BINS) + series.take(empty & _BINS)
        found = known.take(source)
        flat[empty[found]] = flat.take(source[found])
        empty = empty[~found]
    for row in np.unique(empty // VALUES):
        here = empty[empty // VALUES == row] & _BINS
        there = np.flatnonzero(filled[row])
        values[row, here] = values[row, there[there.searchsorted(here) % len(there)]]


def _changes(ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a value differs from the one before."""
    fresh: NDArray[np.bool_] = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return fresh


def _starts(lengths: NDArray[np.int64]) -> list[int]:
    """Where the shingles of each text begin; those that reach into the next text lie between."""
    taken = np.where(lengths > 0, lengths + SHINGLE - 1, 0)
    return [int(start) for start in np.cumsum(taken) - taken]


def mixed(values: Hashes) -> Hashes:
    """A bijection of 64-bit words that spreads every input bit (the finaliser of MurmurHash3)."""
    values = (values ^ (values >> _HALF)) * _MIX_1
    values ^= values >> _HALF
    values *= _MIX_2
    values ^= values >> _HALF
    return values


def _splitmix(index: int) -> int:
    """The index-th output of SplitMix64: constants that look random and never change."""
    word = (index + 1) * 0x9E3779B97F4A7C15 & _MASK
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & _MASK
    return word ^ word >> 31


def _constants(start: int, count: int) -> Hashes:
    """`count` odd 64-bit words."""
    words = [_splitmix(index) | 1 for index in range(start, start + count)]
    return np.array(words, dtype=np.uint64)


def _series() -> NDArray[np.int64]:
    """Bins that each empty bin asks, in order; shape (24, 128)."""
    words = [_splitmix(10_000 + index) >> 57 for index in range(VALUES * _PROBES)]
    return np.ascontiguousarray(np.array(words, dtype=np.int64).reshape(VALUES, _PROBES).T)


_HALF = np.uint64(32)
_MIX_1, _MIX_2 = _constants(0, 2)
_WEIGHTS = _constants(100, SHINGLE)
_ROW_WEIGHTS = _constants(200, ROWS)
_BAND_NUMBERS = _constants(300, BANDS)
_SERIES = _series()
