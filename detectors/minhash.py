"""Sets of hashes: shingles of short texts, one-permutation MinHash, LSH bands, exact Jaccard."""

from __future__ import annotations

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
_PROBES = 24
_SHIFT = np.uint64(64 - _BIN_BITS)
_MASK = (1 << 64) - 1


def shingle_hashes(text: str) -> Hashes:
    """Hashes of all runs of 5 characters, sorted, each once; shape (n,), n <= len(text) - 4.

    A 64-bit polynomial of the code points, then a finaliser; the same in every process. Two
    different shingles of one text collide with a chance below 1e-12.
    """
    points = np.frombuffer(text[:MAX_CHARS].encode("utf-32-le", "surrogatepass"), dtype="<u4")
    if len(points) < SHINGLE:
        return np.empty(0, dtype=np.uint64)
    return distinct(mixed(np.correlate(points.astype(np.uint64), _WEIGHTS, "valid")))


def distinct(hashes: Hashes) -> Hashes:
    """The hashes sorted, each once; at least one."""
    ordered = np.sort(hashes)
    fresh = np.empty(len(ordered), dtype=np.bool_)
    fresh[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh]


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
    if not len(shingles):
        return np.zeros(VALUES, dtype=np.uint64)
    first = shingles.searchsorted(_EDGES)
    first[first == len(shingles)] = 0
    values = shingles[first]
    filled = (values >> _SHIFT) == _BIN_NUMBERS
    if not filled.all():
        empty = np.flatnonzero(~filled)
        tries = _SERIES[empty]
        usable = filled[tries]
        place = usable.argmax(axis=1)
        lines = np.arange(len(empty))
        source = np.where(usable[lines, place], tries[lines, place], empty)
        values[empty] = values[source]
    return values


def band_names(values: Hashes, *, rows: int = ROWS) -> tuple[str, ...]:
    """Names of the 21 bands of a signature, each of `rows` rows, at most 6; the rest is unused.

    Two sets share a name with probability J^rows per band: 0.998 for at least one of 21 at J 0.8
    and 6 rows.
    """
    table = values[: BANDS * rows].reshape(BANDS, rows)
    weighted = (table * _ROW_WEIGHTS[:rows]).sum(axis=1, dtype=np.uint64)
    folded = mixed(weighted + _BAND_NUMBERS)
    text = folded.astype(">u8").tobytes().hex()
    return tuple([text[start : start + 16] for start in range(0, BANDS * 16, 16)])


def jaccard(left: Hashes, right: Hashes) -> float:
    """Size of the intersection over size of the union of two sorted sets; 0 for two empty ones."""
    total = len(left) + len(right)
    if not total:
        return 0.0
    merged = np.concatenate((left, right))
    merged.sort()
    common = int(np.count_nonzero(merged[1:] == merged[:-1]))
    return common / (total - common)


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
    """Bins that each empty bin asks, in order; shape (128, 24)."""
    words = [_splitmix(10_000 + index) >> 57 for index in range(VALUES * _PROBES)]
    return np.array(words, dtype=np.int64).reshape(VALUES, _PROBES)


_HALF = np.uint64(32)
_MIX_1, _MIX_2 = _constants(0, 2)
_WEIGHTS = _constants(100, SHINGLE)
_ROW_WEIGHTS = _constants(200, ROWS)
_BAND_NUMBERS = _constants(300, BANDS)
_BIN_NUMBERS = np.arange(VALUES, dtype=np.uint64)
_EDGES = _BIN_NUMBERS << _SHIFT
_SERIES = _series()
