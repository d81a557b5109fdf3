"""When refusals are more than bad luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betaincinv

PRIOR_REFUSED, PRIOR_ANSWERED = 1, 20
LOWER = 0.05
"""One-sided: the rate is above the bound with a probability of 95 %."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Least lower bound of the refusal rate, refusals in a burst, rungs and accounts; likeness."""

    bound: float
    burst: int
    burst_s: float
    rungs: int
    accounts: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Refusals of trials, the most of them in a burst, and the lower bound of the rate."""

    trials: int
    refusals: int
    burst: int
    bound: float

    def meets(self, limits: Limits) -> bool:
        """Whether this is more than bad luck."""
        return self.bound > limits.bound and self.burst >= limits.burst


def rate(trials: int, refusals: int, burst: int) -> Rate:
    """With the bound that follows from the counts."""
    return Rate(trials, refusals, burst, lower_bound(refusals, trials))


def lower_bound(refusals: int, trials: int) -> float:
    """5 % quantile of Beta(1 + refusals, 20 + answered): the rate that is at least believed."""
    answered = max(0, trials - refusals)
    return float(betaincinv(PRIOR_REFUSED + refusals, PRIOR_ANSWERED + answered, LOWER))


def burst_of(times: Sequence[float], span_s: float) -> int:
    """The most of these times that lie within a span."""
    ordered, most, begin = sorted(times), 0, 0
    for end, at in enumerate(ordered):
        while ordered[begin] < at - span_s:
            begin += 1
        most = max(most, end - begin + 1)
    return most
