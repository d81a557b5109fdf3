"""Shares with their uncertainty: Wilson intervals, precision, recall from an audit sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detectors.calibration.verdicts import Judged

Z: Final = 1.959964
"""95 % of a normal distribution lie within so many standard deviations."""
ENOUGH: Final = 20
"""Decisions below which a share is "too few", not a number."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n decisions with its 95 % interval, all 0..1."""

    value: float
    low: float
    high: float
    n: int

    @property
    def enough(self) -> bool:
        """Whether it may be shown as a number."""
        return self.n >= ENOUGH


def wilson(hits: float, n: float) -> tuple[float, float]:
    """95 % interval of hits / n, 0..1. 0 <= hits <= n, n may be an effective number; n = 0: (0, 1).

    Source: Wilson 1927, without continuity correction.
    """
    if n <= 0:
        return 0.0, 1.0
    share, square = hits / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # rounding must not push the ends beyond what was seen
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def precision(confirmed: int, decided: int) -> Share:
    """Share of decided campaigns that were confirmed."""
    low, high = wilson(confirmed, decided)
    return Share(confirmed / decided if decided else 0.0, low, high, decided)


def recall(opened: int, confirmed: Share, below: int, audited: Sequence[Judged]) -> Share:
    """Share of all abuse that opens a case by itself, estimated from looks below the threshold.

    opened, below: campaigns above and below it. confirmed: precision above it, taken as it is.
    audited: verdicts on the sample below; n and the interval are theirs, by the effective number
    of equally weighted verdicts (Kish).
    """
    found = opened * confirmed.value
    weights = [one.weight for one in audited]
    if not weights:
        return Share(0.0, 0.0, 1.0, 0)
    total = math.fsum(weights)
    missed = math.fsum(one.weight for one in audited if one.abuse) / total
    effective = total * total / math.fsum(weight * weight for weight in weights)
    low, high = wilson(missed * effective, effective)
    return Share(
        _part(found, below * missed),
        _part(found, below * high),
        _part(found, below * low),
        len(audited),
    )


def _part(found: float, missed: float) -> float:
    """1 where there is nothing to find at all."""
    return found / (found + missed) if found + missed > 0 else 1.0
