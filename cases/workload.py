"""What cases cost in hours of reviewers, and which would be late. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from statistics import median
from typing import Final

WEEK: Final = 7
HOUR_S: Final = 3_600
DAY_H: Final = 24
ENOUGH: Final = 20
"""Decisions below which no handling time is called measured."""
ASSUMED_S: Final = 300
"""Handling time where too few decisions are measured."""


@dataclass(frozen=True, slots=True)
class Priced:
    """Cases of one side over a window."""

    cases: int
    days: float
    handling_s: float

    @property
    def per_day(self) -> float:
        """Cases a day."""
        return self.cases / self.days

    @property
    def hours_a_week(self) -> float:
        """Cases a day x 7 x handling time."""
        return self.per_day * WEEK * self.handling_s / HOUR_S


@dataclass(frozen=True, slots=True)
class Handling:
    """Median seconds from claim to decision. n: how many decisions; too few: it is assumed."""

    seconds: float
    n: int

    @property
    def measured(self) -> bool:
        """Whether enough decisions stand behind it."""
        return self.n >= ENOUGH


def handling_of(seconds: Sequence[int]) -> Handling:
    """From the seconds that decisions took."""
    measured = len(seconds) >= ENOUGH
    return Handling(float(median(seconds)) if measured else float(ASSUMED_S), len(seconds))


def capacity_of(decided: Mapping[date, int]) -> float | None:
    """Cases that the desk decides on a day on which it works; None where nobody knows."""
    return sum(decided.values()) / len(decided) if decided else None


def late_cases(inflow: Sequence[int], capacity: float, sla_hours: int) -> int:
    """Cases of the window that would be late, first come first served.

    inflow: new cases of each day, in order. capacity: cases decided a day. Who comes today is
    decided today where there is room; what waits at the end is late if its time is over by then.
    """
    allowed, waiting, room, late = max(0, ceil(sla_hours / DAY_H) - 1), deque[int](), 0.0, 0
    for today, came in enumerate(inflow):
        waiting.extend([today] * came)
        room += capacity
        while waiting and room >= 1:
            room -= 1
            late += today - waiting.popleft() > allowed
        room = room if waiting else 0.0  # an idle hour is not kept for later
    return late + sum(len(inflow) - 1 - day > allowed for day in waiting)
