"""Hits by day, as rows of lists draw them: kept with the case when evidence comes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

DAYS: Final = 14
DAY_S: Final = 86_400


def day_of(moment: datetime) -> int:
    """The day of a moment in UTC, counted from 1970."""
    return int(moment.timestamp() // DAY_S)


def counted(found: Mapping[int, int], today: int) -> list[int]:
    """Day -> hits, as the last days up to today; what a clock ahead dates later is today's."""
    days = [0] * DAYS
    for day, hits in found.items():
        ago = max(0, today - day)
        if ago < DAYS:
            days[DAYS - 1 - ago] += hits
    return days


def moved(days: Sequence[int], until: int, today: int) -> list[int]:
    """What was counted on one day as seen on a later one: no evidence came in between."""
    gone = min(DAYS, max(0, today - until))
    return [*days[gone:], *[0] * gone] if days else []
