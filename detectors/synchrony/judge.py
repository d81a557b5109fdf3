"""Rates, p-values and the false discovery step of the synchrony test."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from detectors.synchrony.model import WINDOWS_S, Flags, Floats, Ints, Levels, Settings
from detectors.synchrony.pairs import Clock, Shares
from detectors.synchrony.rows import MS, Rows
from detectors.synchrony.tally import Tally

PRIOR_Q = dict(zip(WINDOWS_S, (0.04, 0.09, 0.15, 0.36, 0.47), strict=True))
PRIOR_BELOW_OBJECTS = 200
RATE_MIN_ACCOUNTS = 5
RATE_KEEP_PERCENT = 90
Q_MIN, Q_MAX = 1e-4, 0.999
MAX_TESTED_OBJECTS = 512
BATCH_CELLS = 1 << 19
WIDTH_STEP = 8
CHUNK_SHARES = 1 << 18
ROUNDING = 1e-6
"""A bound gives way by so much, since another formula differs in its last digits."""


@dataclass(frozen=True, slots=True)
class GlobalRate:
    """q: (windows,) chance that a pair with a common object shares it within the window."""

    q: Floats
    objects: int
    prior_used: bool


class _Tested(NamedTuple):
    """Columns of pairs, as in Verdict."""

    n: Ints
    c: Ints
    best: Ints
    sum_q: Floats
    p: Floats
    tests: Ints


@dataclass(frozen=True, slots=True)
class Verdict:
    """Per pair: distinct objects n, best window, what it holds, p; kept: passed the FDR step.

    q: (objects, windows) chances that were used.
    """

    n: Ints
    c: Ints
    best: Ints
    sum_q: Floats
    p: Floats
    tests: Ints
    kept: Flags
    threshold: float
    q: Floats


def global_rate(rows: Rows, clock: Clock, tally: Tally, *, use_prior: bool) -> GlobalRate:
    """The 10 % trimmed mean over objects of at least RATE_MIN_ACCOUNTS accounts."""
    share, total = tally.shares()
    busy = np.bincount(rows.object, minlength=len(share)) >= RATE_MIN_ACCOUNTS
    q = np.full(len(clock.windows), Q_MIN)
    for k in range(len(q)):
        rated = np.sort(share[busy & (total[:, k] > 0), k])
        kept = rated[: len(rated) * RATE_KEEP_PERCENT // 100].tolist()
        if kept:
            q[k] = max(Q_MIN, math.fsum(kept) / len(kept))
    objects = int(busy.sum())
    if use_prior and objects < PRIOR_BELOW_OBJECTS:
        prior = [PRIOR_Q[int(window) // MS] for window in clock.windows]
        return GlobalRate(np.maximum(q, prior), objects, prior_used=True)
    return GlobalRate(q, objects, prior_used=False)


def object_rates(strangers: Tally, rate: GlobalRate, min_strangers: int) -> Floats:
    """(objects, windows) chance on each object, raised where strangers met on it too.

    Spares a crowd that reacts to the same events: its events are fast for everybody.
    """
    share, total = strangers.shares()
    q = np.where(total >= min_strangers, np.maximum(share, rate.q), rate.q)
    return np.minimum(q, Q_MAX)


def newest_tested(shares: Shares, rows: Rows) -> Shares:
    """At most MAX_TESTED_OBJECTS distinct objects of each pair, the newest."""
    if not len(shares) or np.bincount(shares.pair).max() <= MAX_TESTED_OBJECTS:
        return shares
    head = np.flatnonzero(np.diff(shares.bundle, prepend=-1))
    keep = np.ones(len(head), dtype=np.bool_)
    many = np.flatnonzero((np.bincount(shares.pair[head]) > MAX_TESTED_OBJECTS)[shares.pair[head]])
    head = head[many]
    pair = shares.pair[head]
    newest = np.maximum(rows.at[shares.i[head]], rows.at[shares.j[head]])
    order = np.lexsort((rows.object[shares.i[head]], -newest, pair))
    first = np.searchsorted(pair, pair)
    keep[many[order]] = np.arange(len(head)) - first < MAX_TESTED_OBJECTS
    kept = shares.take(keep[shares.bundle])
    kept.bundle[:] = np.cumsum(np.diff(kept.bundle, prepend=-1) > 0) - 1
    return kept


def hopeful(shares: Shares, rate: GlobalRate, settings: Settings) -> Shares:
    """Those of pairs that may be kept: no object has a lower rate than the global one.

    With equal chances only the counts matter, and few pairs have counts of their own. What is kept
    of smaller p, with as many tests, holds what is kept of the true ones, and their threshold.
    """
    windows = len(rate.q)
    head = np.flatnonzero(np.diff(shares.bundle, prepend=-1))
    c, possible = (
        _counts(shares.pair[head], column[head], shares.pairs, windows)
        for column in (shares.level, shares.first)
    )
    pair, window = np.nonzero(c >= settings.c_min)
    most = MAX_TESTED_OBJECTS + 1
    kinds, kind = np.unique(
        (window * most + possible[pair, window]) * most + c[pair, window], return_inverse=True
    )
    q, n, least = np.minimum(rate.q, Q_MAX)[kinds // most**2], kinds // most % most, kinds % most
    p = betainc(least, n - least + 1, q)[kind]  # so many of n equal chances, or more
    lowest = np.ones(shares.pairs)
    np.minimum.at(lowest, pair, np.count_nonzero(possible, axis=1)[pair] * p / (1 + ROUNDING))
    may, _ = false_discovery(lowest, settings.alpha, shares.pairs)
    some = shares.take(may[shares.pair])
    some.pair[:] = (np.cumsum(may) - 1)[some.pair]
    some.bundle[:] = np.cumsum(np.diff(some.bundle, prepend=-1) > 0) - 1
    return some


def judge(
    shares: Shares, objects: Ints, q: Floats, clock: Clock, settings: Settings, m: int
) -> Verdict:
    """Test every pair, a bounded number of shares at a time.

    objects: (shares,) index into q; q: (objects, windows) chances; m: pairs that were tested, with
    those that cannot be kept.
    """
    parts = [
        _tested(shares.take(part), q[objects[part]], len(clock.windows), settings)
        for part in _slices(shares.pair)
    ]
    none = np.zeros(0, dtype=np.int64)
    columns = zip(*parts, strict=True) if parts else [[none]] * len(_Tested._fields)
    tested = _Tested(*(np.concatenate(column) for column in columns))
    kept, threshold = false_discovery(tested.p, settings.alpha, m)
    return Verdict(*tested, kept, threshold, q)


def tail_p(q: npt.ArrayLike, c: npt.ArrayLike) -> Floats:
    """P(X >= c) of Poisson-binomial counts, exact, many at once.

    q: (tests, width) chances 0..1, padded with zeros, in any order inside a row; c: (tests,).
    Relative error about width x 1e-16; the same bits whatever else is in the batch.
    Source: direct convolution; only positive terms are added.
    """
    chances = np.ascontiguousarray(np.sort(np.asarray(q, dtype=np.float64), axis=1).T)
    need = np.asarray(c)
    width, tests = chances.shape
    dist = np.zeros((width + 1, tests))
    dist[0] = 1.0
    for k in range(width):
        hit, miss = chances[k], 1.0 - chances[k]
        dist[1 : k + 2] = dist[1 : k + 2] * miss + dist[: k + 1] * hit
        dist[0] *= miss
    tail = np.zeros(tests)
    for k in range(width, -1, -1):
        tail += np.where(need <= k, dist[k], 0.0)
    return np.minimum(tail, 1.0)


def false_discovery(p: Floats, alpha: float, m: int) -> tuple[Flags, float]:
    """Benjamini-Hochberg. Returns what is kept and the largest kept p (0.0: none).

    m: tests; those that have no place in p are above alpha.
    """
    ordered = np.sort(p)
    passed = np.flatnonzero(ordered <= alpha * np.arange(1, len(p) + 1) / max(1, m))
    if not len(passed):
        return np.zeros(len(p), dtype=np.bool_), 0.0
    threshold = float(ordered[passed[-1]])
    return p <= threshold, threshold


def _counts(pair: Ints, level: Levels, pairs: int, windows: int) -> Ints:
    """(pairs, windows) what each window holds. level: the first window that does."""
    cells = np.bincount(pair * (windows + 1) + level, minlength=pairs * (windows + 1))
    return np.cumsum(cells.reshape(pairs, windows + 1)[:, :windows], axis=1)


def _slices(pair: Ints) -> Iterator[slice]:
    """Ranges of about CHUNK_SHARES shares that cut no pair."""
    begin = 0
    while begin < len(pair):
        last = pair[min(begin + CHUNK_SHARES, len(pair)) - 1]
        stop = int(np.searchsorted(pair, last, side="right"))
        yield slice(begin, stop)
        begin = stop


def _tested(shares: Shares, q: Floats, windows: int, settings: Settings) -> _Tested:
    """q: (shares, windows). A bundle counts once, with its largest q."""
    head = np.flatnonzero(np.diff(shares.bundle, prepend=-1))
    pair, level, first = shares.pair[head], shares.level[head], shares.first[head]
    window = np.arange(windows)
    possible = first[:, None] <= window
    chance = np.where(possible, np.maximum.reduceat(q, head, axis=0), 0.0)
    start = np.flatnonzero(np.diff(pair, prepend=-1))
    n = np.diff(start, append=len(pair))
    c = np.add.reduceat(level[:, None] <= window, start, axis=0, dtype=np.int64)
    mean = np.add.reduceat(chance, start, axis=0)
    p_window = _p_values(chance, start, n, c, mean, settings.c_min)
    tests = np.logical_or.reduceat(possible, start, axis=0).sum(axis=1)
    best = p_window.argmin(axis=1)
    row = np.arange(len(n))
    p = np.minimum(1.0, tests * p_window[row, best])
    return _Tested(n, c[row, best], best, mean[row, best], p, tests)


def _p_values(chance: Floats, start: Ints, n: Ints, c: Ints, mean: Floats, c_min: int) -> Floats:
    """(pairs, windows) p of each window, in batches of about equal n.

    Counts that are not above their expectation get 1: their exact value is at least 0.5 (the median
    of a Poisson-binomial lies next to its mean), which no alpha keeps.
    """
    p = np.ones(c.shape)
    pair, window = np.nonzero((c >= c_min) & (c > np.floor(mean - 1e-9)))
    for rows, width in _batches(n[pair]):
        who, when = pair[rows], window[rows]
        column = np.arange(width)
        inside = column < n[who][:, None]
        cell = np.where(inside, start[who][:, None] + column, 0)
        q = np.where(inside, chance[cell, when[:, None]], 0.0)
        p[who, when] = tail_p(q, c[who, when])
    return p


def _batches(n: Ints) -> Iterator[tuple[Ints, int]]:
    """Positions of about equal n with their common width, so that little is padded."""
    wide = -(-n // WIDTH_STEP) * WIDTH_STEP
    for width in np.unique(wide).tolist():
        rows = np.flatnonzero(wide == width)
        size = max(1, BATCH_CELLS // width)
        for begin in range(0, len(rows), size):
            yield rows[begin : begin + size], width
