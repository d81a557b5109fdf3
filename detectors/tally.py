"""Counts what sources sent: volume, clocks that disagree, pauses. Pure; merged by adding."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

HOUR_S: Final = 3_600
LATE_S: Final = 24 * HOUR_S
"""Older than this when it came: detectors that look back a day no longer use it."""
CLAMPED_S: Final = 300
"""Further in the future than this when it came: detectors take the time of receipt instead."""
_STEPS: Final = (
    0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_200, 1_800, 3_600, 7_200,
    21_600, 43_200, 86_400, 259_200, 604_800,
)  # fmt: skip
EDGES: Final = (*(-step for step in reversed(_STEPS)), 0.0, *_STEPS)
"""Seconds between the buckets of a skew histogram; one bucket lies below and one above all."""


class Receipt(NamedTuple):
    """One stored signal; times in seconds since 1970."""

    source: int
    platform: str
    occurred: float
    received: float


class Key(NamedTuple):
    """One row of counters. hour: its beginning in seconds since 1970."""

    source: int
    platform: str
    hour: int


@dataclass(slots=True)
class Tally:
    """What one source sent of one platform in one hour.

    gap_s: longest pause of the source that ended in this hour. skew: histogram of received minus
    occurred over the buckets of `EDGES`.
    """

    accepted: int = 0
    late: int = 0
    clamped: int = 0
    gap_s: float = 0.0
    last: float = 0.0
    skew: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 1))


def tally(
    receipts: Iterable[Receipt], heard: MutableMapping[int, float], *, live: bool
) -> dict[Key, Tally]:
    """Counters of these receipts, in the order in which they were stored.

    heard: source -> when it was last heard; moved on. live: clocks and pauses of a historical
    import say nothing, so they are left out.
    """
    found: dict[Key, Tally] = {}
    for one in receipts:
        key = Key(one.source, one.platform, int(one.received // HOUR_S) * HOUR_S)
        row = found.setdefault(key, Tally())
        row.accepted += 1
        row.last = max(row.last, one.received)
        if live:
            _add_clock(row, one.received - one.occurred)
            before = heard.get(one.source, one.received)
            row.gap_s = max(row.gap_s, one.received - before)
            heard[one.source] = max(before, one.received)
    return found


def added(histograms: Iterable[Sequence[int]]) -> list[int]:
    """One histogram of several."""
    total = [0] * (len(EDGES) + 1)
    for one in histograms:
        total = [a + b for a, b in zip(total, one, strict=True)]
    return total


def median_of(skew: Sequence[int]) -> float | None:
    """Median in seconds, exact to the bucket; None without any signal."""
    total = sum(skew)
    if not total:
        return None
    before = [0, *accumulate(skew)]
    middle = (total - 1) / 2
    bucket = next(at for at in range(len(skew)) if before[at + 1] > middle)
    if bucket == 0:
        return EDGES[0]
    if bucket == len(EDGES):
        return EDGES[-1]
    low, high = EDGES[bucket - 1], EDGES[bucket]
    return low + (high - low) * (middle + 0.5 - before[bucket]) / skew[bucket]


def _add_clock(row: Tally, skew_s: float) -> None:
    row.skew[bisect_right(EDGES, skew_s)] += 1
    row.late += skew_s > LATE_S
    row.clamped += skew_s < -CLAMPED_S
