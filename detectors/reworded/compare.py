"""Which texts are alike: shared words weighed by how rare they are, found by their rare ones.

The weight of a word is the natural logarithm of how many accounts there are for each one that uses
it; two texts are alike as far as the weight of their common words is a share of all their words'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from detectors.reworded.gathered import Flags, Floats, Ints, Sets, Texts, spread

Lots = npt.NDArray[np.uint64]

TOGETHER = 60
"""Wordings that one word brings together; of more only a sample is compared."""
POPULATION = 200
"""So many accounts there are at least: in a handful nothing can be called rare."""
ROUNDING = 1e-9
"""Bounds give way by so much, since sums in another order differ in their last digits."""
NO_LOT = np.iinfo(np.uint64).max
_ROUNDS = 2  # after the first; later ones find next to nothing
_FEW = 8  # so many times fewer cells are looked for one by one
_CHUNK = 1 << 17  # pairs that are compared at a time
_BITS = 31  # of wordings and accounts; the numbers of words have 32


@dataclass(frozen=True, slots=True)
class Wordings:
    """Different sets of words. users: (vocabulary,) accounts that use the word; rarity: its weight.

    Words go by their place in the vocabulary of `sets`.
    """

    sets: Sets
    users: Ints
    rarity: Floats


@dataclass(frozen=True, slots=True)
class Cells:
    """Words of wordings that may be like another one. A row is one word of one of them; rows are in
    the order of (word, owner). word: from 0, in the order of numbers; owner: place in `sets`;
    users, rarity: of the word; weight: (wordings,) of all words of each that may."""

    sets: Sets
    word: Ints
    owner: Ints
    users: Ints
    rarity: Floats
    weight: Floats


class Bounds(NamedTuple):
    """From when two wordings are alike: `share` of the weight of all their words, and `rarity`
    (nats) of the common ones that are rare, which no more than `users` accounts use."""

    share: float
    rarity: float
    users: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Words in too many wordings. drawn, left: their rows that were compared and that were not;
    shared, rare: rows in which pairs may have something in common; lot: (wordings,) what each of
    them drew, NO_LOT where it has no such word."""

    cells: Cells
    drawn: Ints
    left: Ints
    shared: Ints
    rare: Ints
    lot: Lots

    def has(self, wordings: Sequence[int]) -> Flags:
        """Which of these have such a word."""
        return self.lot[list(wordings)] < NO_LOT


@dataclass(frozen=True, slots=True)
class Alike:
    """Pairs of wordings. share: how much of the weight of all their words is common."""

    a: Ints
    b: Ints
    share: Floats
    crowd: Crowd | None = None


def weigh(texts: Texts) -> Wordings:
    """The wordings of these texts."""
    users = _users(texts) if texts.users is None else texts.users
    accounts = max(len(texts.accounts), POPULATION)
    return Wordings(texts.sets, users, np.log(accounts / np.maximum(users, 1)))


def weighty(wordings: Wordings, places: Ints, bounds: Bounds) -> Flags:
    """Whether the rare words of these wordings weigh enough to say something of their own."""
    cells, _ = spread(wordings.sets.ends[:-1], wordings.sets.sizes, places)
    rare = cells[wordings.users[wordings.sets.code[cells]] <= bounds.users]
    found: Flags = _sums(wordings, rare, _owners(wordings.sets, rare))[places] >= bounds.rarity
    return found


def alike(wordings: Wordings, bounds: Bounds, secret: bytes) -> Alike:
    """Pairs that are alike. Of a word in more than `TOGETHER` wordings only so many are compared,
    drawn by the secret, and of the others that word counts for no pair."""
    cells, shared, rare = _promising(wordings, bounds)
    crowd = _draw(cells, shared, rare, secret)
    compared = rare if crowd is None else _without(rare, crowd.left)
    a, b = _candidates(cells, compared, bounds.rarity)
    share = _share(cells, shared, a, b)
    kept = share >= bounds.share
    return Alike(a[kept], b[kept], share[kept], crowd)


def alike_later(crowd: Crowd, some: Ints, bounds: Bounds) -> Alike:
    """Wordings `a` that were not drawn for a word, like those of `some` that were: `b`."""
    cells, left = crowd.cells, crowd.left
    drawn = crowd.drawn[np.isin(cells.owner[crowd.drawn], some)]
    word = cells.word[drawn]
    first = np.searchsorted(word, cells.word[left])
    count = np.searchsorted(word, cells.word[left], side="right") - first
    place, row = spread(first, count, np.arange(len(left)))
    pair = np.sort(cells.owner[left[row]] << _BITS | cells.owner[drawn[place]])
    pair = pair[_starts(pair)]
    a, b = pair >> _BITS, pair & (1 << _BITS) - 1
    share = _share(cells, crowd.shared, a, b)
    rarity = _common(cells, crowd.rare, a, b)
    kept = (share >= bounds.share) & (rarity >= bounds.rarity)
    return Alike(a[kept], b[kept], share[kept])


def _users(texts: Texts) -> Ints:
    """How many accounts use each word."""
    sets = texts.sets
    cells, text = spread(sets.ends[:-1], sets.sizes, texts.wording)
    used = sets.code[cells].astype(np.int64) << _BITS | texts.account[text]
    used.sort()
    word = used[_starts(used)] >> _BITS
    return np.bincount(word, minlength=len(sets.vocabulary)).astype(np.int64)


def _owners(sets: Sets, cells: Ints) -> Ints:
    """The wordings that these cells, in order, are words of."""
    if len(cells) * _FEW < len(sets.code):
        return np.searchsorted(sets.ends, cells, side="right") - 1
    return np.repeat(np.arange(len(sets)), sets.sizes)[cells]


def _sums(wordings: Wordings, cells: Ints, owner: Ints) -> Floats:
    """(wordings,) Weight of these cells of each; always added up in the order of their numbers."""
    rarity = wordings.rarity[wordings.sets.code[cells]]
    return np.bincount(owner, weights=rarity, minlength=len(wordings.sets)).astype(np.float64)


def _promising(wordings: Wordings, bounds: Bounds) -> tuple[Cells, Ints, Ints]:
    """Cells of wordings that may be like another one, and of their rows those shared and rare.

    What no other wording has cannot be common: where the rest weighs too little, the wording goes,
    and with it goes what only one of the others shared with it. Most go by their rare words alone.
    """
    sets = wordings.sets
    rare = np.flatnonzero((wordings.users <= bounds.users)[sets.code])
    rare = _held_twice(sets, rare, rare)
    owner = _owners(sets, rare)
    hopeful = _sums(wordings, rare, owner) >= bounds.rarity - ROUNDING
    cells, position = spread(sets.ends[:-1], sets.sizes, np.flatnonzero(hopeful))
    owner = np.flatnonzero(hopeful)[position]
    weight = _sums(wordings, cells, owner)
    if len(cells):
        twice = _held_twice(sets, cells, np.arange(len(sets.code)))
        owner = owner[np.searchsorted(cells, twice)]
        hopeful &= _sums(wordings, twice, owner) >= bounds.share * weight - ROUNDING
        cells, owner = twice[hopeful[owner]], owner[hopeful[owner]]
    found = _ordered(wordings, cells, owner, weight)
    return found, *_promising_rows(found, bounds)


def _held_twice(sets: Sets, cells: Ints, among: Ints) -> Ints:
    """Those of the cells whose word is in two wordings at least, of the cells `among`."""
    holders = np.bincount(sets.code[among], minlength=len(sets.vocabulary))
    return cells[holders[sets.code[cells]] > 1]


def _ordered(wordings: Wordings, cells: Ints, owner: Ints, weight: Floats) -> Cells:
    code = wordings.sets.code[cells]
    number = wordings.sets.vocabulary[code]
    order = np.argsort(number << _BITS | owner)
    word = np.cumsum(_starts(number[order])) - 1
    code = code[order]
    users, rarity = wordings.users[code], wordings.rarity[code]
    return Cells(wordings.sets, word, owner[order], users, rarity, weight)


def _promising_rows(cells: Cells, bounds: Bounds) -> tuple[Ints, Ints]:
    """Shared rows, and rare ones, where it was asked again who may be like another one."""
    shared, rare = np.arange(len(cells.word)), np.flatnonzero(cells.users <= bounds.users)
    every = np.ones(len(cells.sets), dtype=np.bool_)
    for _ in range(_ROUNDS):
        rare = _met(cells, rare, every)
        hopeful = _sum(cells, rare) >= bounds.rarity - ROUNDING
        if not hopeful.any():
            return rare[:0], rare[:0]
        shared = _met(cells, shared, hopeful)
        hopeful &= _sum(cells, shared) >= bounds.share * cells.weight - ROUNDING
        shared, rare = (rows[hopeful[cells.owner[rows]]] for rows in (shared, rare))
    return shared, rare


def _met(cells: Cells, rows: Ints, some: Flags) -> Ints:
    """Rows of some wordings whose word is in another one of them all as well."""
    count = np.bincount(cells.word[rows])
    rows = rows[some[cells.owner[rows]]]
    return rows[count[cells.word[rows]] > 1]


def _sum(cells: Cells, rows: Ints) -> Floats:
    """(wordings,) Weight of these rows of each."""
    owner, rarity = cells.owner[rows], cells.rarity[rows]
    return np.bincount(owner, weights=rarity, minlength=len(cells.sets)).astype(np.float64)


def _draw(cells: Cells, shared: Ints, rare: Ints, secret: bytes) -> Crowd | None:
    """Of each word in too many wordings those that drew the lowest lots; None without any."""
    word = cells.word[rare]
    crowded = rare[np.bincount(word)[word] > TOGETHER]
    if not len(crowded):
        return None
    group, owner = cells.word[crowded], cells.owner[crowded]
    lot = _lots(cells, np.flatnonzero(np.bincount(owner)), secret)
    rank = np.empty(len(lot), dtype=np.int64)
    rank[np.argsort(lot, kind="stable")] = np.arange(len(lot))
    place = group << _BITS | rank[owner]
    # the rows of each word stand together, and none has fewer than TOGETHER
    last = np.sort(place)[np.flatnonzero(_starts(group)) + TOGETHER - 1]
    is_drawn = place <= last[np.cumsum(_starts(group)) - 1]
    return Crowd(cells, crowded[is_drawn], crowded[~is_drawn], shared, rare, lot)


def _without(rows: Ints, some: Ints) -> Ints:
    """The rows but for some of them; both are in order."""
    left = np.ones(len(rows), dtype=np.bool_)
    left[np.searchsorted(rows, some)] = False
    return rows[left]


def _lots(cells: Cells, places: Ints, secret: bytes) -> Lots:
    """What each of these wordings drew; which is low nobody knows without the secret."""
    lots = np.full(len(cells.sets), NO_LOT, dtype=np.uint64)
    key = secret[: blake2b.MAX_KEY_SIZE]
    drawn = (blake2b(one, key=key, digest_size=8).digest() for one in cells.sets.some(places))
    lots[places] = np.frombuffer(b"".join(drawn), dtype=">u8")
    return lots


def _candidates(cells: Cells, rare: Ints, least_rarity: float) -> tuple[Ints, Ints]:
    """Pairs whose common rare words weigh enough. rare: rows of such words."""
    sizes = np.bincount(cells.owner[rare])
    owners = np.flatnonzero(sizes)
    owner = (np.cumsum(sizes > 0) - 1)[cells.owner[rare]]
    word = np.cumsum(_starts(cells.word[rare])) - 1
    firsts = np.append(np.flatnonzero(_starts(word)), len(word))
    # the weights of a pair are added up in the order of their words
    order = np.sort(owner * len(rare) + np.arange(len(rare))) % max(1, len(rare))
    starts = np.concatenate([[0], np.cumsum(sizes[owners])])
    shape = (len(owners), len(firsts) - 1)
    weights = csr_array((cells.rarity[rare][order], word[order], starts), shape=shape)
    holders = csr_array((np.ones(len(rare)), owner, firsts), shape=shape[::-1])
    steps = np.concatenate([[0], np.cumsum(np.diff(firsts)[word[order]])])[starts]
    found = [np.zeros(0, dtype=np.int64)]
    for some in _pieces(steps, _CHUNK):
        met = (weights[some] @ holders).tocoo()
        a, b = met.row.astype(np.int64) + some.start, met.col.astype(np.int64)
        kept = (a < b) & (met.data >= least_rarity)
        found.append(owners[a[kept]] << _BITS | owners[b[kept]])
    pair = np.sort(np.concatenate(found))
    return pair >> _BITS, pair & (1 << _BITS) - 1


def _pieces(total: Ints, each: int) -> Iterator[slice]:
    """Ranges of rows that take about so many steps. total: steps before each row, and of all."""
    start = 0
    while start < len(total) - 1:
        stop = int(np.searchsorted(total, total[start] + each, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop


def _share(cells: Cells, shared: Ints, a: Ints, b: Ints) -> Floats:
    """How much of the weight of all words of each pair is common."""
    common = _common(cells, shared, a, b)
    return common / (cells.weight[a] + cells.weight[b] - common)


def _common(cells: Cells, rows: Ints, a: Ints, b: Ints) -> Floats:
    """Weight of the words that each pair has in common, of those in these rows."""
    taking_part = np.zeros(len(cells.sets), dtype=np.bool_)
    taking_part[a] = taking_part[b] = True
    rows = rows[taking_part[cells.owner[rows]]]
    numbers = int(cells.word.max(initial=0)) + 1
    rarity_of = np.zeros(numbers)
    rarity_of[cells.word[rows]] = cells.rarity[rows]
    cell = np.sort(cells.owner[rows] * numbers + cells.word[rows])
    word, rarity = cell % numbers, rarity_of[cell % numbers]
    sizes = np.bincount(cells.owner[rows], minlength=len(cells.sets))
    starts = np.cumsum(sizes) - sizes
    found = np.zeros(len(a))
    for start in range(0, len(a), _CHUNK):
        some = slice(start, start + _CHUNK)
        place, pair = spread(starts, sizes, a[some])
        wanted = b[some][pair] * numbers + word[place]
        where = np.minimum(np.searchsorted(cell, wanted), len(cell) - 1)
        hit = cell[where] == wanted
        weights = rarity[place[hit]]
        found[some] = np.bincount(pair[hit], weights=weights, minlength=len(a[some]))
    return found


def _starts(cells: Ints) -> Flags:
    """Where another value begins than the one before it."""
    starts = np.ones(len(cells), dtype=np.bool_)
    np.not_equal(cells[1:], cells[:-1], out=starts[1:])
    return starts
