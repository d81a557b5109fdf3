"""Pairs of accounts with common objects: counting, clocks, and the pairs worth a test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.synchrony.model import Flags, Ints, Levels, Postings
from detectors.synchrony.rows import MS, Rows, all_rows, first_shares, repeats, taken
from detectors.synchrony.tally import Tally

CHUNK_PAIRS = 1 << 20
CACHED_PAIRS = 1 << 16
ACCOUNT_BITS = 31
_SPREAD = 16
"""Ids for each row up to which it is faster to count ids than to sort them."""
_CELL_BITS = 17
_ODD = 0x9E3779B97F4A7C15
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
        one_step = len(rows) and rows.step.strides == (0,)
        step = rows.step[:1] if one_step else rows.step
        first = np.searchsorted(windows, step).astype(np.int8)
        return cls(windows * MS, np.broadcast_to(first, len(rows)) if one_step else first)

    def take(self, index: npt.NDArray[Any]) -> Clock:
        """The same for some of the rows."""
        return Clock(self.windows, taken(self.first, index))

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


@dataclass(frozen=True, slots=True)
class Shares:
    """Common objects of pairs, sorted by (pair, bundle, object).

    i, j: rows of the lower and the higher account; pair: dense id in the order of (a, b);
    bundle: dense id of what counts once: objects that came in one and the same two signals;
    together: whether signals with several objects are among them.
    """

    i: Ints
    j: Ints
    level: Levels
    first: Levels
    pair: Ints
    bundle: Ints
    together: bool = False

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
            together=self.together,
        )

    def summable(self, rows: Rows) -> Shares:
        """In the order in which chances are added up: by signals, where some came together.

        So sums have the same last digit whichever pairs were looked at with them.
        """
        if not self.together:
            return self
        return self.take(np.lexsort((rows.signal[self.j], rows.signal[self.i], self.pair)))


class Meetings(NamedTuple):
    """Pairs of rows of one object each: those of the lower and of the higher account."""

    i: Ints
    j: Ints

    def among(self, rows: Rows, place: Ints, least: int) -> Meetings:
        """Pairs with so many of some of the rows. place: of each row among those; -1 for others."""
        i, j = place[self.i], place[self.j]
        inside = (i >= 0) & (j >= 0)
        return _enough(rows, Meetings(self.i[inside], self.j[inside]), i[inside], j[inside], least)

    def between(self, rows: Rows, start: int, end: int, least: int) -> Meetings:
        """The same of the rows in this range, of which each object has all or none."""
        inside = (self.i >= start) & (self.i < end)
        i, j = self.i[inside], self.j[inside]
        return _enough(rows, Meetings(i, j), i - start, j - start, least)


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


def meetings(rows: Rows, least: int) -> Meetings:
    """Pairs of accounts with at least so many common objects, sorted by (pair, object)."""
    busy = np.flatnonzero(np.bincount(rows.account)[rows.account] >= least)
    some = rows.take(busy)
    found = [
        _several(some, *part, least)
        for chunk in _chunks(some, np.argsort(some.account, kind="stable"))
        for part in chunk.parts()
    ]
    i, j = _columns(found) if found else (busy[:0], busy[:0])
    return Meetings(busy[i], busy[j])


def shares_of(rows: Rows, clock: Clock, met: Meetings, n_min: int) -> Shares:
    """What the pairs share of which n >= n_min, where a bundle counts once."""
    group = _bundled(rows, met)
    shares = group.take(_bundles(group) >= n_min)
    shares.pair[:] = np.cumsum(np.diff(shares.pair, prepend=-1) > 0) - 1
    shares.bundle[:] = np.cumsum(np.diff(shares.bundle, prepend=-1) > 0) - 1
    level, first = clock.levels(rows, shares.i, shares.j)
    return replace(shares, level=level, first=first)


def strangers_on(objects: Ints, rows: Rows, clock: Clock, active: Ints, least: int) -> Tally:
    """Pairs that met on these objects and nowhere else, both active enough.

    What it counts on other objects means nothing. Strangers are all pairs but those that meet
    again, as most of them never do. active: (accounts,) distinct objects of each account before any
    drop.
    """
    count = int(rows.object.max(initial=-1)) + 1
    known = active[rows.account] >= least
    wanted = np.zeros(count, dtype=np.bool_)
    wanted[objects] = True
    there = np.zeros(len(active), dtype=np.bool_)
    there[rows.account[known & wanted[rows.object]]] = True
    near = np.flatnonzero(known & there[rows.account])
    rows, clock = rows.take(near), clock.take(near)
    asked = np.flatnonzero(wanted[rows.object])
    strangers = tally_all(rows.take(asked), clock.take(asked), count)
    group = _bundled(rows, meetings(rows, 2))
    again = group.take((_bundles(group) > 1) & wanted[rows.object[group.i]])
    strangers.remove(rows.object[again.i], *clock.levels(rows, again.i, again.j))
    return strangers


def _tally_in_order(tally: Tally, rows: Rows, windows: Ints) -> None:
    """Count the pairs of each object from its times in order, without looking at any pair."""
    objects = len(tally)
    size = np.bincount(rows.object, minlength=objects)
    line = rows.object * (int(np.ptp(rows.at)) + int(windows.max()) + 1) + rows.at - rows.at.min()
    line.sort()  # rows stand by object, so that each place keeps its object
    gap, inside = np.diff(line), []
    for window in windows:
        near = np.flatnonzero(gap <= window)  # few rows have any other so close behind them
        count = np.searchsorted(line, line[near] + window, side="right") - near - 1
        inside.append(np.bincount(rows.object[near], count, objects))
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


def _several(rows: Rows, i: Ints, j: Ints, least: int) -> tuple[Ints, Ints]:
    """Pairs of rows of accounts with so many, sorted by the two accounts, then as they came."""
    low, high = rows.account[i], rows.account[j]
    low -= low.min(initial=1 << ACCOUNT_BITS)
    key = (low << int(high.max(initial=0)).bit_length()) | high
    some = _frequent(key, least)
    i, j, key = i[some], j[some], key[some]
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
    kept = np.zeros(len(key), dtype=np.bool_)
    begins = np.flatnonzero(key[least - 1 :] == key[: max(0, len(key) - least + 1)])
    for further in range(least):
        kept[begins + further] = True
    order = order[kept]
    return i[order], j[order]


def _frequent(key: Ints, least: int) -> Ints:
    """Places of the keys that may be there so often; most others fall into a cell with few."""
    cell = (key.view(np.uint64) * np.uint64(_ODD)) >> np.uint64(64 - _CELL_BITS)
    cells = cell.view(np.int64)
    return np.flatnonzero((np.bincount(cells, minlength=1 << _CELL_BITS) >= least)[cells])


def _columns(parts: Iterable[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """The parts of two columns as one."""
    one, two = zip(*parts, strict=True)
    return np.concatenate(one), np.concatenate(two)


def _multi_object(rows: Rows) -> Flags:
    """Rows whose signal shared more than this one object: only they can form bundles."""
    if len(rows) and int(np.ptp(rows.signal)) < _SPREAD * len(rows):  # as ids of one week are
        lowest = int(rows.signal.min())
        return (np.bincount(rows.signal - lowest) > 1)[rows.signal - lowest]
    ordered = np.sort(rows.signal)
    several = ordered[repeats(ordered)]
    if not len(several):
        return np.zeros(len(rows), dtype=np.bool_)
    place = np.minimum(np.searchsorted(several, rows.signal), len(several) - 1)
    found: Flags = several[place] == rows.signal
    return found


def _bundled(rows: Rows, met: Meetings) -> Shares:
    """Shares sorted by (pair, bundle, object), of pairs sorted by (pair, object).

    What came in the same two signals is one bundle. Only pairs that have two rows of signals with
    several objects can have such.
    """
    i, j = met
    pair = np.cumsum(_starts(rows.account[i], rows.account[j])) - 1
    none = np.zeros(len(i), dtype=np.int8)
    multi = _multi_object(rows)
    both = multi[i] & multi[j]
    may = np.bincount(pair[both], minlength=len(i)) > 1
    some = np.flatnonzero(may[pair])
    if not len(some):
        return Shares(i, j, none, none, pair, np.arange(len(i)), bool(both.any()))
    order = np.arange(len(i))
    order[some] = some[np.lexsort((rows.signal[j[some]], rows.signal[i[some]], pair[some]))]
    i, j = i[order], j[order]
    bundle = np.cumsum(_starts(pair, rows.signal[i], rows.signal[j])) - 1
    return Shares(i, j, none, none, pair, bundle, together=True)


def _bundles(group: Shares) -> Ints:
    """n of the pair of each share: its distinct bundles."""
    fresh = _starts(group.bundle)
    return np.bincount(group.pair, weights=fresh).astype(np.int64)[group.pair]


def _enough(rows: Rows, met: Meetings, i: Ints, j: Ints, least: int) -> Meetings:
    """Those with at least so many, called i and j."""
    first = np.flatnonzero(_starts(rows.account[met.i], rows.account[met.j]))
    size = np.diff(first, append=len(met.i))
    enough = np.repeat(size >= least, size)
    return Meetings(i[enough], j[enough])


def _starts(*columns: Ints) -> Flags:
    """Rows that differ from the row before."""
    return ~repeats(*columns)


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
