"""Which texts are alike: shared words weighed by how rare they are, found by their rarest ones.

The weight of a word is the natural logarithm of how many accounts there are for each one that uses
it; two texts are alike as far as the weight of their common words is a share of all their words'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from detectors.reworded.texts import Text
from detectors.reworded.words import WIDTH, Words, numbers_of
from detectors.synchrony.pairs import close_rows

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TOGETHER = 60
"""Wordings that one word brings together; of more only a sample is compared."""
POPULATION = 200
"""So many accounts there are at least: in a handful nothing can be called rare."""
_CHUNK = 1 << 17


@dataclass(frozen=True, slots=True)
class Wordings:
    """Different sets of words. sets: one each, in order; word: (all words,) number; owner: whose
    each is; users: accounts that use it; rarity: its weight; weight: (wordings,) of all words of
    each."""

    sets: tuple[Words, ...]
    word: Ints
    owner: Ints
    users: Ints
    rarity: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class Alike:
    """Pairs of wordings a < b. share: how much of the weight of all their words is common."""

    a: Ints
    b: Ints
    share: Floats
    sampled: bool


def weigh(told: Mapping[Words, Sequence[Text]]) -> Wordings:
    """The wordings of these texts, in their order."""
    sets = tuple(told)
    sizes = np.array([len(one) // WIDTH for one in sets])
    number, word = np.unique(numbers_of(sets), return_inverse=True)
    names: dict[str, int] = {}
    writer = [names.setdefault(one.account, len(names)) for same in told.values() for one in same]
    wording = np.repeat(np.arange(len(sets)), [len(same) for same in told.values()])
    used, text = _spread(np.cumsum(sizes) - sizes, sizes, wording)
    cells = _distinct(word[used] * len(names) + np.array(writer)[text])
    users = np.bincount(cells // len(names), minlength=len(number))[word]
    rarity = np.log(max(len(names), POPULATION) / users)
    owner = np.repeat(np.arange(len(sets)), sizes)
    weight = np.bincount(owner, weights=rarity, minlength=len(sets)).astype(np.float64)
    return Wordings(sets, word, owner, users, rarity, weight)


def alike(
    wordings: Wordings, least: float, least_rarity: float, most_users: int, secret: bytes
) -> Alike:
    """Pairs that have at least this share of the weight of their words in common.

    most_users: words that more accounts use do not count as rare; the common ones that do must
    weigh `least_rarity` (nats) together. Of a word in more than `TOGETHER` wordings only so many
    are compared, drawn by the secret.
    """
    rare, sampled = _sampled(wordings, np.flatnonzero(wordings.users <= most_users), secret)
    a, b = _candidates(wordings, rare, least_rarity)
    common = _common(wordings, a, b)
    share = common / (wordings.weight[a] + wordings.weight[b] - common)
    kept = share >= least
    return Alike(a[kept], b[kept], share[kept], sampled)


def _candidates(wordings: Wordings, rare: Ints, least_rarity: float) -> tuple[Ints, Ints]:
    """Pairs whose common rare words weigh enough. rare: places of such words."""
    owner, size = wordings.owner[rare], len(wordings.sets)
    one, two = close_rows(wordings.word[rare], owner, np.inf)
    pair = np.minimum(owner[one], owner[two]) * size + np.maximum(owner[one], owner[two])
    order = np.argsort(pair)
    first = np.flatnonzero(np.diff(pair[order], prepend=-1))
    weights = wordings.rarity[rare][one[order]]
    shared = np.add.reduceat(weights, first) if len(first) else weights
    met = pair[order][first[shared >= least_rarity]]
    return met // size, met % size


def _distinct(values: Ints) -> Ints:
    """`np.unique` by sorting: its table of hashes takes ten times as long for many equal values."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=-1))]


def _sampled(wordings: Wordings, places: Ints, secret: bytes) -> tuple[Ints, bool]:
    """Without words that are in one wording only, and of crowded ones only a sample."""
    _, group, count = np.unique(wordings.word[places], return_inverse=True, return_counts=True)
    if count.max(initial=0) <= TOGETHER:
        return places[count[group] > 1], False
    key = secret[: blake2b.MAX_KEY_SIZE]
    lots = [blake2b(one, key=key, digest_size=8).digest() for one in wordings.sets]
    rank = np.argsort(np.argsort(np.array(lots, dtype="S8"), kind="stable"), kind="stable")
    order = np.lexsort((rank[wordings.owner[places]], group))
    nth = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    return places[np.sort(order[(nth < TOGETHER) & (count[group[order]] > 1)])], True


def _common(wordings: Wordings, a: Ints, b: Ints) -> Floats:
    """Weight of the words that each pair has in common."""
    numbers = int(wordings.word.max(initial=0)) + 1
    cells = wordings.owner * numbers + wordings.word
    starts = np.searchsorted(wordings.owner, np.arange(len(wordings.sets)))
    sizes = np.bincount(wordings.owner, minlength=len(wordings.sets))
    found = np.zeros(len(a))
    for start in range(0, len(a), _CHUNK):
        some = slice(start, start + _CHUNK)
        place, pair = _spread(starts, sizes, a[some])
        wanted = b[some][pair] * numbers + wordings.word[place]
        where = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        hit = cells[where] == wanted
        weights = wordings.rarity[place[hit]]
        found[some] = np.bincount(pair[hit], weights=weights, minlength=len(a[some]))
    return found


def _spread(starts: Ints, sizes: Ints, which: Ints) -> tuple[Ints, Ints]:
    """Places of the words of these wordings, and for each the position in `which`."""
    count = sizes[which]
    position = np.repeat(np.arange(len(which)), count)
    nth = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
    return starts[which][position] + nth, position
