"""When a source has been silent for too long: a limit that is set, or learnt from its pauses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Final

from detectors.choices import Alarm

SHORTEST_S: Final = 3_600
TIMES: Final = 5
MIN_DAYS: Final = 3
"""Days with signals before pauses can be called usual."""


def limit_of(alarm: str, silent_after_s: int | None, daily_gaps_s: Sequence[float]) -> float | None:
    """Seconds of silence that are too many; None: there is no alarm, or no history to learn from.

    daily_gaps_s: the longest pause of each day with signals. The usual longest pause is their
    median: one outage does not move it.
    """
    if alarm == Alarm.FIXED:
        return silent_after_s
    if alarm == Alarm.OFF or len(daily_gaps_s) < MIN_DAYS:
        return None
    return max(float(SHORTEST_S), TIMES * median(daily_gaps_s))


def silent_since(
    heard_at: datetime | None, now: datetime, limit_s: float | None
) -> datetime | None:
    """When it was heard last, if that is too long ago."""
    if heard_at is None or limit_s is None:
        return None
    return heard_at if (now - heard_at).total_seconds() > limit_s else None
