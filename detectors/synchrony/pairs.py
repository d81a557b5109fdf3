"""Pairs of accounts with common objects: counting, clocks, and the pairs worth a test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.synchrony.model import Flags, Ints, Levels, Postings, Settings
from detectors.synchrony.rows import MS, Rows, all_rows, first_shares, repeats

CHUNK_PAIRS = 1 << 20
CACHED_PAIRS = 1 << 16
ACCOUNT_BITS = 31
INT_BITS = 63


@dataclass(frozen=True, slots=True)
class Clock:
    """windows: (windows,) ms; first: (rows,) index of the first window a row's clock resolves."""

    windows: Ints
    first: Levels

    @classmethod
    def of(cls, rows: Rows, windows_s: tuple[int, ...]) -> Clock:
        """The windows in use and what each row can resolve of them."""
        windows = np.array(windows_s, dtype=np.int64)
        return cls(windows * MS, np.searchsorted(windows, rows.step).astype(np.int8))

    def take(self, index: npt.NDArray[Any]) -> Clock:
        """The same for some of the rows."""
        return Clock(self.windows, self.first[index])

    def levels(self, rows: Rows, i: Ints, j: Ints) -> tuple[Levels, Levels]:
        """First window that holds each pair of rows, and first one that both clocks resolve."""
        gap = np.abs(rows.at[i] - rows.at[j])
        if rows.skew.any():
            gap -= np.maximum(rows.skew[i], rows.skew[j])
        first = np.maximum(self.first[i], self.first[j])
        tight = np.zeros(len(gap), dtype=np.int8)
        for window in self.windows:
            tight += (gap > window).view(np.int8)
        return np.maximum(first, tight), first


class Tally:
    """Pairs per object: by the first window that holds them and by the first that is possible."""

    def __init__(self, objects: int, windows: int) -> None:
        self._within = np.zeros((objects, windows + 1), dtype=np.int64)
        self._possible = np.zeros((objects, windows + 1), dtype=np.int64)

    def add(self, objects: Ints, level: Levels, first: Levels) -> None:
        """Count one pair per row."""
        self._count(objects, level, first, 1)

    def remove(self, objects: Ints, level: Levels, first: Levels) -> None:
        """Take back one pair per row."""
        self._count(objects, level, first, -1)

    def _count(self, objects: Ints, level: Levels, first: Levels, sign: int) -> None:
        if not len(objects):
            return
        low, high = int(objects.min()), int(objects.max()) + 1
        width = self._within.shape[1]
        cells = (objects - low) * width
        counts = np.bincount(cells + level, minlength=(high - low) * width).reshape(-1, width)
        self._within[low:high] += sign * counts
        if first.any():
            counts = np.bincount(cells + first, minlength=(high - low) * width)
            self._possible[low:high] += sign * counts.reshape(-1, width)
        else:
            self._possible[low:high, 0] += sign * counts.sum(axis=1)

    def __len__(self) -> int:
        return len(self._within)

    def add_within(self, inside: Ints, total: Ints) -> None:
        """Count all pairs of every object, which every window is possible for.

        inside: (objects, windows) pairs inside each window; total: (objects,) pairs.
        """
        self._within += np.diff(inside, axis=1, prepend=0, append=total[:, None])
        self._possible[:, 0] += total

    def shares(self) -> tuple[npt.NDArray[np.float64], Ints]:
        """(objects, windows) share of pairs inside each window, and the pairs behind it."""
        inside = np.cumsum(self._within[:, :-1], axis=1)
        total = np.cumsum(self._possible[:, :-1], axis=1)
        return inside / np.maximum(total, 1), total


@dataclass(frozen=True, slots=True)
class Shares:
    """Common objects of pairs, sorted by (pair, bundle, object).

    i, j: rows of the lower and the higher account; pair: dense id in the order of (a, b);
    bundle: dense id of what counts once: objects that came in one and the same two signals.
    """

    i: Ints
    j: Ints
    level: Levels
    first: Levels
    pair: Ints
    bundle: Ints

    def __len__(self) -> int:
        return len(self.i)

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return int(self.pair[-1]) + 1 if len(self) else 0

    def take(self, index: npt.NDArray[Any] | slice) -> Shares:
        """The shares at these positions, in this range or where a mask is true."""
        return Shares(
            i=self.i[index],
            j=self.j[index],
            level=self.level[index],
            first=self.first[index],
            pair=self.pair[index],
            bundle=self.bundle[index],
        )


def count_pairs(
    postings: Postings, window_s: float, *, first_share: bool = True
) -> tuple[Ints, Ints, Ints]:
    """Pairs of accounts with a common object inside the window (s, inclusive), without any cap.

    first_share: compare first shares only; otherwise any two shares of the object.
    Returns (a, b, n): account indices a < b, sorted, and distinct objects.
    """
    rows = first_shares(postings) if first_share else all_rows(postings)
    i, j = close_rows(rows.object, rows.at, window_s * MS)
    low = np.minimum(rows.account[i], rows.account[j])
    high = np.maximum(rows.account[i], rows.account[j])
    other = low != high
    low, high, objects = low[other], high[other], rows.object[i[other]]
    if not first_share:
        low, high, objects = _distinct(low, high, objects)
    return _counted(low, high)


def close_rows(group: Ints, at: Ints, reach: float) -> tuple[Ints, Ints]:
    """All pairs of rows of one group with a distance of at most `reach` (unit of `at`)."""
    if not len(group):
        return group[:0], group[:0]
    order = np.lexsort((at, group))
    span = int(np.ptp(at)) + 1
    limit = span if math.isinf(reach) else min(span, math.floor(reach))
    line = np.unique(group[order], return_inverse=True)[1] * (2 * span + 1)
    line = line + at[order] - at.min()
    later = np.searchsorted(line, line + limit, side="right") - np.arange(len(line)) - 1
    i, j = _expand(np.arange(len(line)), later)
    return order[i], order[j]


def tally_all(rows: Rows, clock: Clock, objects: int) -> Tally:
    """Every pair of every object, without looking at who they are. objects: how many there are."""
    tally = Tally(objects, len(clock.windows))
    if len(rows) and len(clock.windows) and not (clock.first.any() or rows.skew.any()):
        _tally_in_order(tally, rows, clock.windows)
        return tally
    for chunk in _chunks(rows, np.arange(len(rows))):
        for i, j in chunk.parts():
            tally.add(rows.object[i], *clock.levels(rows, i, j))
    return tally


def scan(rows: Rows, clock: Clock, active: Ints, settings: Settings) -> tuple[Tally, Shares]:
    """One pass over all pairs that can matter.

    active: (accounts,) distinct objects of each account before any drop.
    Returns the tally of stranger pairs, and the shares of all pairs with n >= n_min. Strangers are
    all pairs but those that meet again, as most of them never do.
    """
    enough = min(settings.n_min, settings.stranger_min_objects)
    eligible = np.flatnonzero(active[rows.account] >= enough)
    some, its_clock = rows.take(eligible), clock.take(eligible)
    known = active[some.account] >= settings.stranger_min_objects
    objects = int(rows.object.max(initial=-1)) + 1
    strangers = tally_all(some.take(known), its_clock.take(known), objects)
    # whoever shared one object meets nobody again
    meets = np.flatnonzero(np.bincount(some.account)[some.account] > 1)
    some, its_clock = some.take(meets), its_clock.take(meets)
    known, eligible = known[meets], eligible[meets]
    multi = _multi_object(some)
    found: list[Shares] = []
    for chunk in _chunks(some, np.argsort(some.account, kind="stable")):
        met = [_meet_again(some, multi, *part, settings.n_min) for part in chunk.parts()]
        together = any(part.together for part in met)
        group = _bundled(some, *_columns(part.group for part in met), any_together=together)
        n = _bundles(group)
        again = (group.i[n > 1], group.j[n > 1])
        i, j = _columns([again, *(part.again for part in met)])
        both = known[i] & known[j]
        i, j = i[both], j[both]
        strangers.remove(some.object[i], *its_clock.levels(some, i, j))
        found.append(group.take(n >= settings.n_min))
    return strangers, _joined(rows, clock, eligible, found)


def _tally_in_order(tally: Tally, rows: Rows, windows: Ints) -> None:
    """Count the pairs of each object from its times in order, without looking at any pair."""
    objects = len(tally)
    size = np.bincount(rows.object, minlength=objects)
    line = rows.object * (int(np.ptp(rows.at)) + int(windows.max()) + 1) + rows.at - rows.at.min()
    line.sort()  # rows stand by object, so that each place keeps its object
    after = np.arange(1, len(line) + 1)
    inside = [
        np.bincount(
            rows.object, np.searchsorted(line, line + window, side="right") - after, objects
        )
        for window in windows
    ]
    tally.add_within(np.array(inside, dtype=np.int64).T, size * (size - 1) // 2)


def _expand(start: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Each row with each of the `count` rows after it."""
    i = np.repeat(start, count)
    offset = np.cumsum(count) - count
    return i, i + 1 + np.arange(len(i)) - np.repeat(offset, count)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows that lead pairs, with how many each leads. Neighbours of one account are not parted.

    order, later, lead: (leading rows,) row, rows of its object after it, its account.
    """

    order: Ints
    later: Ints
    lead: Ints

    def cut(self, pairs: int) -> Iterator[_Chunk]:
        """Chunks of about so many pairs."""
        total = np.cumsum(self.later)
        begin = 0
        while begin < len(self.order):
            done = int(total[begin - 1]) if begin else 0
            stop = int(np.searchsorted(total, done + pairs, side="right"))
            stop = max(stop, begin + 1)
            while stop < len(self.order) and self.lead[stop] == self.lead[stop - 1]:
                stop += 1
            part = slice(begin, stop)
            yield _Chunk(self.order[part], self.later[part], self.lead[part])
            begin = stop

    def parts(self) -> Iterator[tuple[Ints, Ints]]:
        """Its pairs, as many at a time as a processor's cache holds."""
        return (_expand(part.order, part.later) for part in self.cut(CACHED_PAIRS))


def _chunks(rows: Rows, order: Ints) -> Iterator[_Chunk]:
    """Pairs of rows of one object, the lower account first, about CHUNK_PAIRS at a time.

    order: rows in the order in which they lead. All pairs of one leading account fall into one
    chunk when it is ordered by account.
    """
    if not len(rows):
        return
    end = np.searchsorted(rows.object, rows.object, side="right")
    later = (end - np.arange(len(rows)) - 1)[order]
    yield from _Chunk(order, later, rows.account[order]).cut(CHUNK_PAIRS)


class _Met(NamedTuple):
    """Rows of pairs that share several objects, by (pair, object): too few, and enough to test.

    again: of the few those that met in more than one pair of signals.
    together: whether some of both came in one and the same two signals.
    """

    again: tuple[Ints, Ints]
    group: tuple[Ints, Ints]
    together: bool


def _meet_again(rows: Rows, multi: Flags, i: Ints, j: Ints, n_min: int) -> _Met:
    """Sort out the pairs of rows whose accounts share several objects."""
    i, j, first = _several(rows, i, j)
    together = bool((multi[i] & multi[j]).any())
    size = np.diff(np.flatnonzero(first), append=len(first))
    many = np.repeat(size >= n_min, size)
    few = ~many
    if together:
        few &= ~_is_one_bundle(rows, i, j, first)
    return _Met((i[few], j[few]), (i[many], j[many]), together)


def _several(rows: Rows, i: Ints, j: Ints) -> tuple[Ints, Ints, Flags]:
    """Pairs of rows of accounts with more than one, sorted by the two accounts, then as they came.

    Also where each pair of accounts begins.
    """
    low, high = rows.account[i], rows.account[j]
    low -= low.min(initial=1 << ACCOUNT_BITS)
    key = (low << int(high.max(initial=0)).bit_length()) | high
    bits = len(key).bit_length()
    if int(key.max(initial=0)).bit_length() + bits > INT_BITS:
        order = np.argsort(key, kind="stable")
        key = key[order]
    else:  # keys that bring their places along sort about ten times faster
        key <<= bits
        key |= np.arange(len(key))
        key.sort()
        order = key & ((1 << bits) - 1)
        key >>= bits
    first = _starts(key)
    several = ~(first & np.append(first[1:], True))
    order = order[several]
    return i[order], j[order], first[several]


def _is_one_bundle(rows: Rows, i: Ints, j: Ints, first: Flags) -> Flags:
    """Of rows sorted by pair: whether all rows of their pair came in the same two signals."""
    fresh = first | _starts(rows.signal[i], rows.signal[j])
    pair = np.cumsum(first) - 1
    one: Flags = (np.bincount(pair, weights=fresh) == 1)[pair]
    return one


def _columns(parts: Iterable[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """The parts of two columns as one."""
    one, two = zip(*parts, strict=True)
    return np.concatenate(one), np.concatenate(two)


def _multi_object(rows: Rows) -> Flags:
    """Rows whose signal shared more than this one object: only they can form bundles."""
    if not len(rows):
        return np.zeros(0, dtype=np.bool_)
    _, where, count = np.unique(rows.signal, return_inverse=True, return_counts=True)
    return count[where] > 1


def _bundled(rows: Rows, i: Ints, j: Ints, *, any_together: bool) -> Shares:
    """Shares sorted by (pair, bundle, object), of rows sorted by (pair, object).

    What came in the same two signals is one bundle. any_together: whether there may be any; else
    each object is its own.
    """
    pair = np.cumsum(_starts(rows.account[i], rows.account[j])) - 1
    none = np.zeros(len(i), dtype=np.int8)
    if not any_together:
        return Shares(i, j, none, none, pair, np.arange(len(i)))
    order = np.lexsort((rows.signal[j], rows.signal[i], pair))
    i, j = i[order], j[order]
    bundle = np.cumsum(_starts(pair, rows.signal[i], rows.signal[j])) - 1
    return Shares(i, j, none, none, pair, bundle)


def _bundles(group: Shares) -> Ints:
    """n of the pair of each share: its distinct bundles."""
    fresh = _starts(group.bundle)
    return np.bincount(group.pair, weights=fresh).astype(np.int64)[group.pair]


def _starts(*columns: Ints) -> Flags:
    """Rows that differ from the row before."""
    return ~repeats(*columns)


def _joined(rows: Rows, clock: Clock, eligible: Ints, found: list[Shares]) -> Shares:
    """The shares of all chunks, with dense ids; chunks come in the order of the lower account."""
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Shares(none, none, none.astype(np.int8), none.astype(np.int8), none, none)
    i = eligible[np.concatenate([part.i for part in found])]
    j = eligible[np.concatenate([part.j for part in found])]
    pair = _starts(rows.account[i], rows.account[j])
    bundle = pair | np.concatenate([_starts(part.bundle) for part in found])
    level, first = clock.levels(rows, i, j)
    return Shares(i, j, level, first, np.cumsum(pair) - 1, np.cumsum(bundle) - 1)


def _counted(low: Ints, high: Ints) -> tuple[Ints, Ints, Ints]:
    """Distinct pairs, sorted, with the number of their rows."""
    key, count = np.unique((low << ACCOUNT_BITS) | high, return_counts=True)
    return key >> ACCOUNT_BITS, key & ((1 << ACCOUNT_BITS) - 1), count.astype(np.int64)


def _distinct(low: Ints, high: Ints, objects: Ints) -> tuple[Ints, Ints, Ints]:
    """Each (pair, object) once."""
    people, things = int(high.max(initial=0)) + 1, int(objects.max(initial=0)) + 1
    if people * people * things < 1 << 63:  # one packed column sorts about five times faster
        key = np.sort((objects * people + low) * people + high)
        rest, high = np.divmod(key[_starts(key)], people)
        objects, low = np.divmod(rest, people)
        return low, high, objects
    order = np.lexsort((objects, high, low))
    low, high, objects = low[order], high[order], objects[order]
    fresh = _starts(low, high, objects)
    return low[fresh], high[fresh], objects[fresh]
