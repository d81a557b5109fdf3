"""The verdicts that a fit learns from, as arrays in an order of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One campaign and what a reviewer said of it.

    p: probability when it was decided, 0..1. abuse: confirmed, or not. weight: how many campaigns
    it stands for, > 0: one over the chance with which it came to review.
    """

    p: float
    abuse: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Verdicts sorted by value, so that no result depends on the order in which they came.

    p, y, w: probabilities, outcomes (0 or 1) and weights, each of length n.
    """

    p: Floats
    y: Floats
    w: Floats

    @property
    def n(self) -> int:
        """How many verdicts."""
        return len(self.p)

    @property
    def base_rate(self) -> float:
        """Weighted share of confirmed abuse, 0..1; 0 without verdicts."""
        return float(np.average(self.y, weights=self.w)) if self.n else 0.0

    @property
    def least_class(self) -> int:
        """Verdicts of the rarer outcome."""
        abuse = int(self.y.sum())
        return min(abuse, self.n - abuse)


def sample_of(verdicts: Iterable[Judged]) -> Sample:
    """The same verdicts in any order give the same sample."""
    rows = sorted((one.p, float(one.abuse), one.weight) for one in verdicts)
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Sample(table[:, 0], table[:, 1], table[:, 2])
