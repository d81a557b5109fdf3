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

from detectors.reworded.gathered import Flags, Ints, Texts
from detectors.reworded.words import WIDTH, Words, numbers_of

Floats = npt.NDArray[np.float64]
Lots = npt.NDArray[np.uint64]

TOGETHER = 60
"""Wordings that one word brings together; of more only a sample is compared."""
POPULATION = 200
"""So many accounts there are at least: in a handful nothing can be called rare."""
ROUNDING = 1e-9
"""Bounds give way by so much, since sums in another order differ in their last digits."""
NO_LOT = np.iinfo(np.uint64).max
_ROUNDS = 3  # later ones find next to nothing
_CHUNK = 1 << 17  # pairs that are compared at a time
_BITS = 31  # of wordings and accounts; the numbers of words have 32


@dataclass(frozen=True, slots=True)
class Wordings:
    """Different sets of words. A row is one word of one of them; rows are in the order of (word,
    owner). word: number of the word; owner: place in `sets`; users: accounts that use the word;
    rarity: its weight. weight: (wordings,) of all words of each."""

    sets: tuple[Words, ...]
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
    sizes = np.array([len(one) // WIDTH for one in texts.sets], dtype=np.int64)
    cells = _cells(numbers_of(texts.sets), np.repeat(np.arange(len(sizes)), sizes))
    owner = cells & (1 << _BITS) - 1
    cells >>= _BITS
    word = np.cumsum(_starts(cells)) - 1
    users = _users(texts, sizes)
    rarity = np.log(max(len(texts.accounts), POPULATION) / users)[word]
    users = users[word]
    weight = np.bincount(owner, weights=rarity, minlength=len(sizes)).astype(np.float64)
    return Wordings(texts.sets, word, owner, users, rarity, weight)


def weighty(wordings: Wordings, bounds: Bounds) -> Flags:
    """(wordings,) Whether its rare words weigh enough, so that it says something of its own."""
    rare = np.flatnonzero(wordings.users <= bounds.users)
    return _sum(wordings, rare) >= bounds.rarity


def alike(wordings: Wordings, bounds: Bounds, secret: bytes) -> Alike:
    """Pairs that are alike. Of a word in more than `TOGETHER` wordings only so many are compared,
    drawn by the secret, and of the others that word counts for no pair."""
    shared, rare = _promising(wordings, bounds)
    crowd = _draw(wordings, shared, rare, secret)
    compared = rare if crowd is None else _without(rare, crowd.left)
    a, b = _candidates(wordings, compared, bounds.rarity)
    share = _share(wordings, shared, a, b)
    kept = share >= bounds.share
    return Alike(a[kept], b[kept], share[kept], crowd)


def alike_later(wordings: Wordings, crowd: Crowd, some: Ints, bounds: Bounds) -> Alike:
    """Wordings `a` that were not drawn for a word, like those of `some` that were: `b`."""
    drawn = crowd.drawn[np.isin(wordings.owner[crowd.drawn], some)]
    word, left = wordings.word[drawn], crowd.left
    first = np.searchsorted(word, wordings.word[left])
    count = np.searchsorted(word, wordings.word[left], side="right") - first
    place, row = _spread(first, count, np.arange(len(left)))
    pair = np.sort(wordings.owner[left[row]] << _BITS | wordings.owner[drawn[place]])
    pair = pair[_starts(pair)]
    a, b = pair >> _BITS, pair & (1 << _BITS) - 1
    share = _share(wordings, crowd.shared, a, b)
    rarity = _common(wordings, crowd.rare, a, b)
    kept = (share >= bounds.share) & (rarity >= bounds.rarity)
    return Alike(a[kept], b[kept], share[kept])


def _users(texts: Texts, sizes: Ints) -> Ints:
    """How many accounts use each word, words in the order of their numbers."""
    numbers = numbers_of([texts.sets[place] for place in texts.wording.tolist()])
    cells = _cells(numbers, np.repeat(texts.account, sizes[texts.wording]))
    word = cells[_starts(cells)]
    word >>= _BITS
    return np.diff(np.flatnonzero(_starts(word)), append=len(word))


def _cells(numbers: Ints, places: Ints) -> Ints:
    """Both in one column, in order; made in place, as millions of them take time to move."""
    numbers <<= _BITS
    numbers |= places
    numbers.sort()
    return numbers


def _promising(wordings: Wordings, bounds: Bounds) -> tuple[Ints, Ints]:
    """Shared rows, and rare ones, of wordings that may be like another one.

    What no other wording has cannot be common: where the rest weighs too little, the wording goes,
    and with it goes what only one of the others shared with it.
    """
    shared, rare = np.arange(len(wordings.word)), np.flatnonzero(wordings.users <= bounds.users)
    every = np.ones(len(wordings.sets), dtype=np.bool_)
    for _ in range(_ROUNDS):
        rare = _met(wordings, rare, every)
        hopeful = _sum(wordings, rare) >= bounds.rarity - ROUNDING
        if not hopeful.any():
            return rare[:0], rare[:0]
        shared = _met(wordings, shared, hopeful)
        hopeful &= _sum(wordings, shared) >= bounds.share * wordings.weight - ROUNDING
        shared, rare = (rows[hopeful[wordings.owner[rows]]] for rows in (shared, rare))
    return shared, rare


def _met(wordings: Wordings, rows: Ints, some: Flags) -> Ints:
    """Rows of some wordings whose word is in another one of them all as well."""
    count = np.bincount(wordings.word[rows])
    rows = rows[some[wordings.owner[rows]]]
    return rows[count[wordings.word[rows]] > 1]


def _sum(wordings: Wordings, rows: Ints) -> Floats:
    """(wordings,) Weight of these rows of each."""
    owner, rarity = wordings.owner[rows], wordings.rarity[rows]
    return np.bincount(owner, weights=rarity, minlength=len(wordings.sets)).astype(np.float64)


def _draw(wordings: Wordings, shared: Ints, rare: Ints, secret: bytes) -> Crowd | None:
    """Of each word in too many wordings those that drew the lowest lots; None without any."""
    word = wordings.word[rare]
    crowded = rare[np.bincount(word)[word] > TOGETHER]
    if not len(crowded):
        return None
    group, owner = wordings.word[crowded], wordings.owner[crowded]
    lot = _lots(wordings, np.flatnonzero(np.bincount(owner)), secret)
    rank = np.empty(len(lot), dtype=np.int64)
    rank[np.argsort(lot, kind="stable")] = np.arange(len(lot))
    place = group << _BITS | rank[owner]
    # the rows of each word stand together, and none has fewer than TOGETHER
    last = np.sort(place)[np.flatnonzero(_starts(group)) + TOGETHER - 1]
    is_drawn = place <= last[np.cumsum(_starts(group)) - 1]
    return Crowd(crowded[is_drawn], crowded[~is_drawn], shared, rare, lot)


def _without(rows: Ints, some: Ints) -> Ints:
    """The rows but for some of them; both are in order."""
    left = np.ones(len(rows), dtype=np.bool_)
    left[np.searchsorted(rows, some)] = False
    return rows[left]


def _lots(wordings: Wordings, places: Ints, secret: bytes) -> Lots:
    """What each of these wordings drew; which is low nobody knows without the secret."""
    lots = np.full(len(wordings.sets), NO_LOT, dtype=np.uint64)
    key = secret[: blake2b.MAX_KEY_SIZE]
    for place in places.tolist():
        drawn = blake2b(wordings.sets[place], key=key, digest_size=8).digest()
        lots[place] = int.from_bytes(drawn, "big")
    return lots


def _candidates(wordings: Wordings, rare: Ints, least_rarity: float) -> tuple[Ints, Ints]:
    """Pairs whose common rare words weigh enough. rare: rows of such words."""
    sizes = np.bincount(wordings.owner[rare])
    owners = np.flatnonzero(sizes)
    owner = (np.cumsum(sizes > 0) - 1)[wordings.owner[rare]]
    word = np.cumsum(_starts(wordings.word[rare])) - 1
    firsts = np.append(np.flatnonzero(_starts(word)), len(word))
    # the weights of a pair are added up in the order of their words
    order = np.sort(owner * len(rare) + np.arange(len(rare))) % max(1, len(rare))
    starts = np.concatenate([[0], np.cumsum(sizes[owners])])
    shape = (len(owners), len(firsts) - 1)
    weights = csr_array((wordings.rarity[rare][order], word[order], starts), shape=shape)
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


def _share(wordings: Wordings, shared: Ints, a: Ints, b: Ints) -> Floats:
    """How much of the weight of all words of each pair is common."""
    common = _common(wordings, shared, a, b)
    return common / (wordings.weight[a] + wordings.weight[b] - common)


def _common(wordings: Wordings, rows: Ints, a: Ints, b: Ints) -> Floats:
    """Weight of the words that each pair has in common, of those in these rows."""
    taking_part = np.zeros(len(wordings.sets), dtype=np.bool_)
    taking_part[a] = taking_part[b] = True
    rows = rows[taking_part[wordings.owner[rows]]]
    numbers = int(wordings.word.max(initial=0)) + 1
    rarity_of = np.zeros(numbers)
    rarity_of[wordings.word[rows]] = wordings.rarity[rows]
    cells = np.sort(wordings.owner[rows] * numbers + wordings.word[rows])
    word, rarity = cells % numbers, rarity_of[cells % numbers]
    sizes = np.bincount(wordings.owner[rows], minlength=len(wordings.sets))
    starts = np.cumsum(sizes) - sizes
    found = np.zeros(len(a))
    for start in range(0, len(a), _CHUNK):
        some = slice(start, start + _CHUNK)
        place, pair = _spread(starts, sizes, a[some])
        wanted = b[some][pair] * numbers + word[place]
        where = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        hit = cells[where] == wanted
        weights = rarity[place[hit]]
        found[some] = np.bincount(pair[hit], weights=weights, minlength=len(a[some]))
    return found


def _spread(starts: Ints, sizes: Ints, which: Ints) -> tuple[Ints, Ints]:
    """Places of what these wordings hold, and for each the position in `which`."""
    count = sizes[which]
    position = np.repeat(np.arange(len(which)), count)
    nth = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
    return starts[which][position] + nth, position


def _starts(cells: Ints) -> Flags:
    """Where another value begins than the one before it."""
    starts = np.ones(len(cells), dtype=np.bool_)
    np.not_equal(cells[1:], cells[:-1], out=starts[1:])
    return starts
