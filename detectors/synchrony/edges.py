"""Columns of the pairs that passed, with what they shared and which tier they reach."""

from __future__ import annotations

import numpy as np

from detectors.synchrony.graph import in_two_core
from detectors.synchrony.judge import Verdict
from detectors.synchrony.model import Edges, EdgeTier, Flags, Floats, Ints, Levels
from detectors.synchrony.pairs import Shares
from detectors.synchrony.rows import Rows


def passed_edges(
    rows: Rows,
    shares: Shares,
    windows_s: tuple[int, ...],
    own: Verdict,
    event: Verdict,
    p_open: float,
) -> Edges:
    """Every pair that passed under the rates of its objects or under the global rate alone."""
    pick = np.flatnonzero(own.kept | event.kept)
    kept = own.kept[pick]
    row, count = _rows_of(shares, rows, pick)
    first = np.concatenate([[0], np.cumsum(count)])
    i, j = shares.i[row], shares.j[row]
    a, b = rows.account[i[first[:-1]]], rows.account[j[first[:-1]]]
    p = np.where(kept, own.p[pick], event.p[pick])
    return Edges(
        a=a,
        b=b,
        n=own.n[pick],
        c=np.where(kept, own.c[pick], event.c[pick]),
        window_s=np.array(windows_s, dtype=np.int64)[
            np.where(kept, own.best[pick], event.best[pick])
        ],
        sum_q=np.where(kept, own.sum_q[pick], event.sum_q[pick]),
        p=p,
        tests=own.tests[pick],
        tier=_tiers(a, b, kept, p <= p_open),
        first=first,
        shared_object=rows.object[i],
        signal_a=rows.signal[i],
        signal_b=rows.signal[j],
        at_a=rows.at[i],
        at_b=rows.at[j],
        shared_level=shares.level[row],
        shared_q=_rates_of(rows.object[i], shares.first[row], np.repeat(kept, count), own, event),
    )


def _rows_of(shares: Shares, rows: Rows, pick: Ints) -> tuple[Ints, Ints]:
    """Positions of the shares of the picked pairs, by object inside a pair, and their counts."""
    start = np.searchsorted(shares.pair, np.arange(shares.pairs + 1))
    count = np.diff(start)[pick]
    row = np.flatnonzero(np.isin(shares.pair, pick))
    order = np.lexsort((rows.object[shares.i[row]], shares.pair[row]))
    return row[order], count


def _rates_of(objects: Ints, first: Levels, kept: Flags, own: Verdict, event: Verdict) -> Floats:
    """(shares, windows) chances behind each share; 0 where a clock is too coarse."""
    q = np.where(kept[:, None], own.q[objects], event.q[objects])
    possible = first[:, None] <= np.arange(q.shape[1])
    return np.where(possible, q, 0.0)


def _tiers(a: Ints, b: Ints, kept: Flags, low: Flags) -> Ints:
    """Opening: in the 2-core of kept edges under the ceiling. It has no component below three."""
    tier = np.where(kept, int(EdgeTier.SUPPORTING), int(EdgeTier.EVENT_EXPLAINED))
    strong = np.flatnonzero(kept & low)
    tier[strong[in_two_core(a[strong], b[strong])]] = int(EdgeTier.OPENING)
    return tier.astype(np.int64)
