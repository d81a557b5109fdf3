"""Which of many PDQ hashes lie near each other, found by their 16 chunks of 16 bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CHUNKS = 16
CHUNK_BITS = 16
SURE_DISTANCE = 2 * CHUNKS - 1
"""Two hashes this far apart differ in at most one bit of some chunk, so none is missed."""
CANDIDATES = 50_000_000
NEAR = 2_000_000
_AT_ONCE = 1_000_000
_VALUES = 1 << CHUNK_BITS
_BITS = np.array([0, *(1 << bit for bit in range(CHUNK_BITS))], dtype=np.uint16)

Places = NDArray[np.int32]
Hashes = NDArray[np.uint16]


class Near(NamedTuple):
    """Pairs of places within the distance, each once, `earlier` the lower place.

    truncated: whether there were too many to look at all of them.
    """

    earlier: Places
    later: Places
    truncated: bool


class _Chunk(NamedTuple):
    """Lookups in one chunk of all hashes. order: places by value.

    For each place in `source` the hashes with the value looked up: `many` from `begin` on in the
    order. same: whether that is its own value; else one with a bit set that its own has not.
    """

    order: Places
    source: Places
    begin: Places
    many: Places
    same: NDArray[np.bool_]


def table_of(names: Sequence[str]) -> Hashes:
    """Shape (hashes, 16): the chunks of hashes in hex."""
    raw = bytes.fromhex("".join(names))
    return np.frombuffer(raw, dtype=">u2").reshape(-1, CHUNKS).astype(np.uint16)


def near(table: Hashes, reach: int) -> Near:
    """All pairs at a distance of at most `reach` bits; above 31 some may be missed.

    A chunk is looked up as it is and with each of its bits turned, 272 times in all. Where too many
    hashes agree in a chunk, only the first of them are compared.
    """
    none = np.empty(0, dtype=np.int32)
    if not len(table):
        return Near(none, none, truncated=False)
    chunks = [_chunk(table[:, number]) for number in range(CHUNKS)]
    most, truncated = _affordable(chunks, len(table))
    pairs: list[tuple[Places, Places]] = []
    number_of_pairs = 0
    for number, chunk in enumerate(chunks):
        for left, right in _candidates(chunk, most):
            if number_of_pairs > NEAR:
                break
            kept = _first_met(table, left, right, number, reach)
            pairs.append((left[kept], right[kept]))
            number_of_pairs += len(pairs[-1][0])
    left = np.concatenate([none, *(one for one, _ in pairs)])
    right = np.concatenate([none, *(two for _, two in pairs)])
    cut = truncated or number_of_pairs > NEAR
    return Near(np.minimum(left, right), np.maximum(left, right), cut)


def leaders(size: int, found: Near) -> list[int]:
    """For each place the first one near it that follows nobody; itself where there is none.

    All that follow one leader are near to it: groups do not drift from picture to picture.
    """
    leader = list(range(size))
    order = np.lexsort((found.earlier, found.later))
    for one, two in zip(found.earlier[order].tolist(), found.later[order].tolist(), strict=True):
        if leader[two] == two and leader[one] == one:
            leader[two] = one
    return leader


def far_from(table: Hashes, others: Hashes, reach: int) -> NDArray[np.bool_]:
    """Whether each hash of `table` is farther than `reach` from all `others`."""
    far = np.ones(len(table), dtype=np.bool_)
    for other in others:
        far &= np.bitwise_count(table ^ other).sum(axis=1) > reach
    return far


def _chunk(values: NDArray[np.uint16]) -> _Chunk:
    ends = np.cumsum(np.bincount(values, minlength=_VALUES), dtype=np.int32)
    bit, source = np.nonzero(values & _BITS[:, None] == 0)
    value = values[source] | _BITS[bit]
    many = np.diff(ends, prepend=np.int32(0))[value]
    begin = ends[value] - many
    order = np.argsort(values, kind="stable").astype(np.int32)
    return _Chunk(order, source.astype(np.int32), begin, many, bit == 0)


def _affordable(chunks: Sequence[_Chunk], size: int) -> tuple[int, bool]:
    """Hashes of one value that are compared: as many as the budget allows; whether that cuts."""
    most = size
    while most > 1 and sum(int(np.minimum(one.many, most).sum()) for one in chunks) > CANDIDATES:
        most //= 2
    return most, any(int(one.many.max()) > most for one in chunks)


def _candidates(chunk: _Chunk, most: int) -> Iterator[tuple[Places, Places]]:
    """Pairs whose values in this chunk differ in one bit at most, each once, some at a time."""
    allowed = np.minimum(chunk.many, most)
    for part in _parts(allowed):
        many = allowed[part]
        left = np.repeat(chunk.source[part], many)
        step = np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
        right = chunk.order[np.repeat(chunk.begin[part], many) + step]
        kept = (left < right) | ~np.repeat(chunk.same[part], many)
        yield left[kept], right[kept]


def _parts(count: Places) -> list[Places]:
    """Places of `count` in runs that sum up to about a million."""
    ends = np.cumsum(count)
    cuts = np.searchsorted(ends, np.arange(_AT_ONCE, int(count.sum()), _AT_ONCE))
    return [
        part
        for part in np.split(np.arange(len(count), dtype=np.int32), np.unique(cuts))
        if len(part)
    ]


def _first_met(
    table: Hashes, left: Places, right: Places, number: int, reach: int
) -> NDArray[np.bool_]:
    """Pairs within reach that no earlier chunk has met."""
    words = table.view(np.uint64)
    kept: NDArray[np.bool_] = np.bitwise_count(words[left] ^ words[right]).sum(axis=1) <= reach
    near_ones = np.flatnonzero(kept)
    differing = np.bitwise_count(table[left[near_ones], :number] ^ table[right[near_ones], :number])
    kept[near_ones] = ~(differing <= 1).any(axis=1)
    return kept
