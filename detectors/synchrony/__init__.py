"""The conditional synchrony test: which pairs act together faster than the population explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from detectors.synchrony.edges import passed_edges
from detectors.synchrony.graph import components, in_two_core
from detectors.synchrony.judge import (
    false_discovery,
    global_rate,
    hopeful,
    judge,
    newest_tested,
    object_rates,
    tail_p,
)
from detectors.synchrony.model import (
    WINDOWS_S,
    Edges,
    EdgeTier,
    Flags,
    Ints,
    Postings,
    Result,
    Settings,
)
from detectors.synchrony.pairs import (
    Clock,
    Meetings,
    count_pairs,
    meetings,
    shares_of,
    strangers_on,
    tally_all,
)
from detectors.synchrony.rows import Rows, bounded, first_shares, keyed_rank, objects_of
from detectors.synchrony.shared import met_in_each
from detectors.synchrony.tally import Tally

__all__ = [
    "WINDOWS_S",
    "EdgeTier",
    "Edges",
    "Postings",
    "Result",
    "Settings",
    "components",
    "count_pairs",
    "false_discovery",
    "find_each",
    "find_synchrony",
    "in_two_core",
    "keyed_rank",
    "tail_p",
]


@dataclass(frozen=True, slots=True)
class _Bounded:
    """Rows of one key type under every cap. active: (accounts,) objects of each before any drop;
    objects: how many there were then."""

    rows: Rows
    active: Ints
    objects: int
    cap: int
    capped: bool


@dataclass(frozen=True, slots=True)
class _Timed:
    """What of them is tested, by which clock, and how many pairs of each object met how fast."""

    rows: Rows
    windows_s: tuple[int, ...]
    clock: Clock
    every: Tally


def find_synchrony(postings: Postings, settings: Settings, *, secret: bytes = b"") -> Result:
    """Run the test over the postings of one key type.

    Any order of the rows gives the identical result, to the last bit.
    Source: detection specification 4.1; the test is the project's own.
    """
    bounded = _bounded(postings, settings, secret)
    met = meetings(bounded.rows, settings.n_min)
    return _found(bounded, _timed(bounded, settings.n_min), met, settings)


def find_each(
    each: Sequence[Postings], whole: Postings | None, settings: Settings, *, secret: bytes = b""
) -> list[Result]:
    """Run the test over the postings of each key type, and if told over all of them together."""
    if whole is None:
        return [find_synchrony(postings, settings, secret=secret) for postings in each]
    types = [_bounded(postings, settings, secret) for postings in each]
    least, pool = settings.n_min, _bounded(whole, settings, secret)
    rows, objects = [one.rows for one in types], [one.objects for one in types]
    met = met_in_each(rows, objects, pool.rows, len(pool.active), least)
    timed = [_timed(one, least) for one in types]
    parts = [*zip(types, timed, strict=True)]
    together = (
        _timed(pool, least) if met.other is None else _timed_together(pool, least, parts, met.other)
    )
    return [
        _found(one, times, some, settings)
        for one, times, some in zip(
            [*types, pool], [*timed, together], [*met.each, met.whole], strict=True
        )
    ]


def _bounded(postings: Postings, settings: Settings, secret: bytes) -> _Bounded:
    rows = first_shares(postings)
    active, objects = objects_of(rows, postings), _count(rows)
    kept = bounded(rows, postings.accounts, settings.cap, settings.pair_budget, secret)
    return _Bounded(kept[0], active, objects, *kept[1:])


def _timed(bounded: _Bounded, n_min: int) -> _Timed:
    rows, windows_s, clock = _clocked(bounded, n_min)
    return _Timed(rows, windows_s, clock, tally_all(rows, clock, _count(rows)))


def _timed_together(
    bounded: _Bounded, n_min: int, parts: Sequence[tuple[_Bounded, _Timed]], other: Flags
) -> _Timed:
    """The same of all types together. parts: of each type; other: objects that have other rows."""
    rows, windows_s, clock = _clocked(bounded, n_min)
    if not len(rows):
        return _timed(bounded, n_min)
    tallies = [
        timed.every
        if timed.windows_s == windows_s
        else tally_all(one.rows, Clock.of(one.rows, windows_s), one.objects)
        for one, timed in parts
    ]
    starts = [*accumulate((one.objects for one, _ in parts[:-1]), initial=0)]
    objects = _count(rows)
    every = Tally.joined(tallies, starts, objects)
    anew = np.flatnonzero(other[rows.object])
    every.put(other[:objects], tally_all(rows.take(anew), clock.take(anew), objects))
    return _Timed(rows, windows_s, clock, every)


def _clocked(bounded: _Bounded, n_min: int) -> tuple[Rows, tuple[int, ...], Clock]:
    """Rows if there is any pair to test, the windows that they can tell apart, and how."""
    rows = bounded.rows
    if not _any_pair(rows, n_min):
        rows = rows.take(np.arange(0))
    windows_s = tuple(w for w in WINDOWS_S if len(rows) and w >= rows.step.min())
    return rows, windows_s, Clock.of(rows, windows_s)


def _count(rows: Rows) -> int:
    """How many objects there are."""
    return int(rows.object.max(initial=-1)) + 1


def _found(bounded: _Bounded, timed: _Timed, met: Meetings, settings: Settings) -> Result:
    """The test of pairs with enough common objects."""
    rows, clock = timed.rows, timed.clock
    rate = global_rate(rows, clock, timed.every, use_prior=settings.use_prior)
    shares = newest_tested(shares_of(rows, clock, met, settings.n_min), rows)
    m = shares.pairs
    shares = hopeful(shares, rate, settings).summable(rows)
    objects = rows.object[shares.i]
    least = settings.stranger_min_objects
    strangers = strangers_on(objects, rows, clock, bounded.active, least)
    q_own = object_rates(strangers, rate, settings.min_strangers)
    own = judge(shares, objects, q_own, clock, settings, m)
    event = judge(shares, objects, np.broadcast_to(rate.q, q_own.shape), clock, settings, m)
    return Result(
        edges=passed_edges(rows, shares, timed.windows_s, own, event, settings.p_open),
        m=m,
        q=tuple(rate.q.tolist()),
        windows_s=timed.windows_s,
        cap_effective=bounded.cap,
        capped=bounded.capped,
        prior_used=rate.prior_used,
        rated_objects=rate.objects,
        threshold=own.threshold,
        event_threshold=event.threshold,
    )


def _any_pair(rows: Rows, n_min: int) -> bool:
    """Whether two accounts have so many shared objects at all; else nothing is left to test."""
    objects = np.bincount(rows.account)
    return int(np.count_nonzero(objects >= n_min)) > 1
