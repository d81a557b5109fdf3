"""How far two judges agree beyond chance: Cohen's kappa with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from detectors.calibration.proportion import ENOUGH, wilson


@dataclass(frozen=True, slots=True)
class Agreement:
    """n pairs of verdicts. share: of equal ones.

    kappa, low, high: None while there are too few, or where both always said the same one word, so
    that chance alone would explain all.
    """

    n: int
    share: float
    kappa: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def enough(self) -> bool:
        """Whether the numbers may be shown."""
        return self.n >= ENOUGH


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Of verdict and verdict on the same case.

    The 95 % interval is that of the share (Wilson), carried over with the agreement by chance held
    fixed: it stays true to itself where all agree, which the usual standard error does not.
    Source: Cohen 1960.
    """
    n = len(pairs)
    same = sum(one == other for one, other in pairs)
    share = same / n if n else 0.0
    chance = _chance(pairs)
    if n < ENOUGH or chance >= 1.0:
        return Agreement(n, share)
    low, high = (_beyond(end, chance) for end in wilson(same, n))
    return Agreement(n, share, _beyond(share, chance), max(-1.0, low), high)


def _chance(pairs: Sequence[tuple[str, str]]) -> float:
    """How often two judges agree who give each verdict as often, but blindly."""
    n = len(pairs)
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    return sum(ones[verdict] * others[verdict] for verdict in ones) / (n * n) if n else 0.0


def _beyond(share: float, chance: float) -> float:
    return (share - chance) / (1 - chance)
