"""How many hits a day may bring before it is more than the past explains. Pure.

Hits a day are taken as Poisson with an unknown rate (Jeffreys prior), widened where the past varied
more than that. The forecast for a new day is then negative binomial (Gelman et al., Bayesian Data
Analysis, section 2.6), and the band is its central 95 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Final

from scipy.stats import nbinom

DAYS: Final = 14
LEAST: Final = 2  # days: a spread takes two
BAND: Final = 0.95
PRIOR: Final = 0.5  # hits that nobody saw: a silent case may still stir once


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one day. expected: the mean; upper: the last count that lies inside the 95 % band."""

    expected: float
    upper: int


def forecast(history: Sequence[int]) -> Forecast:
    """history: hits of each of the days before, at least two. Raises ValueError for fewer."""
    days = len(history)
    if days < LEAST:
        message = "a forecast needs two days"
        raise ValueError(message)
    expected = (sum(history) + PRIOR) / days
    spread = max(1.0, variance(history) / fmean(history)) if any(history) else 1.0
    widened = expected * spread * (1 + 1 / days)
    share = expected / widened
    shape = expected * share / (1 - share)
    upper = nbinom.ppf((1 + BAND) / 2, shape, share)
    return Forecast(expected, int(upper))
