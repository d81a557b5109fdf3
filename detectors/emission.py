"""When a growing finding is said again, which pairs it links, and how its sentence words values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import networkx as nx

from detectors.base import DAY_S, HOUR_S, MINUTE_S, Condition

EVERY_BELOW = 50
GROWTH_PERCENT = 110
NEIGHBOURS = 8
SHOWN_CHARS = 16

Link = tuple[int, int, float]


def is_due(size: int, last: int) -> bool:
    """Whether a finding of `size` accounts is said again after it was said with `last` of them.

    last: 0 when it was never said. Every new account below 50 accounts, then each 10 % of growth.
    """
    if size <= last:
        return False
    return size < EVERY_BELOW or last == 0 or size * 100 >= last * GROWTH_PERCENT


def neighbour_links(ring: Sequence[int], llr: Callable[[int, int], float]) -> tuple[Link, ...]:
    """Links of each subject to the next 8 on a ring: all pairs up to 17 subjects.

    ring: places in the finding's subjects, those that belong together side by side. Larger
    clusters stay one 2-core with 8 links a subject instead of size^2 / 2.
    """
    size = len(ring)
    found: set[tuple[int, int]] = set()
    for start, place in enumerate(ring):
        for step in range(1, min(NEIGHBOURS, size - 1) + 1):
            other = ring[(start + step) % size]
            found.add((min(place, other), max(place, other)))
    return tuple((low, high, llr(low, high)) for low, high in sorted(found))


def hanging_together(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Groups of places that pairs join, each sorted, by their first place."""
    graph: nx.Graph[int] = nx.Graph(sorted(pairs))
    return sorted(sorted(group) for group in nx.connected_components(graph))


def at_least(name: str, value: float, limit: float, unit: str) -> Condition:
    """The condition that a number reaches its limit."""
    return Condition(name, value, ">=", limit, unit, value >= limit)


def counted(number: int, noun: str) -> str:
    """`1 account`, `2 accounts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def lasting(seconds: float) -> str:
    """A duration in its largest fitting unit: `40 s`, `40 min`, `7 h`, `4 d`."""
    if seconds < MINUTE_S:
        return f"{round(seconds)} s"
    if seconds < 2 * HOUR_S:
        return f"{round(seconds / MINUTE_S)} min"
    if seconds < 2 * DAY_S:
        return f"{round(seconds / HOUR_S)} h"
    return f"{round(seconds / DAY_S)} d"


def shortened(value: str) -> str:
    """A value as sentences show it: of more than 16 characters only both ends."""
    return value if len(value) <= SHOWN_CHARS else f"{value[:6]}…{value[-4:]}"
