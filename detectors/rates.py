"""When a detector finds far more than usual, or nothing where it usually would. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

HISTORY_H: Final = 7 * 24
LEAST_HISTORY_H: Final = 24
"""Hours before which nothing can be called usual."""
RECENT_H: Final = 2
"""The hour under way and the one before it: a spike is not cut in two."""
SPIKE_TIMES: Final = 10
SPIKE_LEAST: Final = 20
SILENT_LEAST_H: Final = 6
SILENT_EXPECTED: Final = 10
"""So many findings were to be expected: chance alone is silent so long once in 20,000 times."""
BURST: Final = 2
"""How far a detector that comes in bursts must leave its own largest hour, or longest pause."""


@dataclass(frozen=True, slots=True)
class Judged:
    """counted: findings of the hour, or hours of silence. expected: findings that are usual."""

    counted: int
    expected: float


def spike(hours: Sequence[int]) -> Judged | None:
    """Whether one of the last two hours is ten times the usual one.

    hours: findings of each hour, the oldest first, the last one under way.
    """
    history = hours[:-RECENT_H]
    if len(history) < LEAST_HISTORY_H:
        return None
    usual, most = sum(history) / len(history), max(hours[-RECENT_H:])
    bar = max(SPIKE_LEAST, SPIKE_TIMES * usual, BURST * max(history))
    return Judged(most, usual) if most >= bar else None


def silence(hours: Sequence[int]) -> Judged | None:
    """Whether it found nothing for so long that chance does not explain it."""
    quiet = next((n for n, count in enumerate(reversed(hours)) if count), len(hours))
    history = hours[: len(hours) - quiet]
    if len(history) < LEAST_HISTORY_H or quiet < SILENT_LEAST_H:
        return None
    expected = quiet * sum(history) / len(history)
    pauses = [len(list(run)) for is_quiet, run in groupby(history, key=lambda n: not n) if is_quiet]
    if expected < SILENT_EXPECTED or quiet < BURST * max(pauses, default=0):
        return None
    return Judged(quiet, expected)
