"""The conditional synchrony test: which pairs act together faster than the population explains."""

from __future__ import annotations

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
    Postings,
    Result,
    Settings,
)
from detectors.synchrony.pairs import Clock, count_pairs, scan, tally_all
from detectors.synchrony.rows import Rows, bounded, first_shares, keyed_rank, objects_of

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
    "find_synchrony",
    "in_two_core",
    "keyed_rank",
    "tail_p",
]


def find_synchrony(postings: Postings, settings: Settings, *, secret: bytes = b"") -> Result:
    """Run the test over the postings of one key type.

    Any order of the rows gives the identical result, to the last bit.
    Source: detection specification 4.1; the test is the project's own.
    """
    rows = first_shares(postings)
    active = objects_of(rows, postings)
    rows, cap, capped = bounded(rows, postings.accounts, settings.cap, settings.pair_budget, secret)
    if not _any_pair(rows, settings.n_min):
        rows = rows.take(np.arange(0))
    windows_s = tuple(w for w in WINDOWS_S if len(rows) and w >= rows.step.min())
    clock = Clock.of(rows, windows_s)
    every = tally_all(rows, clock, int(rows.object.max(initial=-1)) + 1)
    rate = global_rate(rows, clock, every, use_prior=settings.use_prior)
    strangers, shares = scan(rows, clock, active, settings)
    shares = newest_tested(shares, rows)
    m = shares.pairs
    shares = hopeful(shares, rate, settings)
    objects = rows.object[shares.i]
    q_own = object_rates(strangers, rate, settings.min_strangers)
    own = judge(shares, objects, q_own, clock, settings, m)
    event = judge(shares, objects, np.broadcast_to(rate.q, q_own.shape), clock, settings, m)
    return Result(
        edges=passed_edges(rows, shares, windows_s, own, event, settings.p_open),
        m=m,
        q=tuple(rate.q.tolist()),
        windows_s=windows_s,
        cap_effective=cap,
        capped=capped,
        prior_used=rate.prior_used,
        rated_objects=rate.objects,
        threshold=own.threshold,
        event_threshold=event.threshold,
    )


def _any_pair(rows: Rows, n_min: int) -> bool:
    """Whether two accounts have so many shared objects at all; else nothing is left to test."""
    objects = np.bincount(rows.account)
    return int(np.count_nonzero(objects >= n_min)) > 1
