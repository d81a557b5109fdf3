"""How far a report is believed: by what became of its reporter's earlier ones. Pure.

A reporter's belief is the mean of Beta(1 + upheld, 1 + not upheld): an even chance without history.
Nobody's is 0: a report is never dropped, it waits longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

EVEN: Final = 0.5
LEAST_DOUBT: Final = 0.05
"""Mass reporting is no proof."""
COUNTED: Final = 50
"""More even chances than these change nothing."""


class Record(NamedTuple):
    """A reporter with what became of the reports. ring: those who act as one, None for nobody."""

    name: str
    upheld: int
    decided: int
    ring: int | None = None


def belief(record: Record) -> float:
    """How likely the next report is right, by this reporter's record alone; 0..1."""
    return (record.upheld + 1) / (record.decided + 2)


def chance(records: Iterable[Record], unknown: int) -> float:
    """How likely at least one of them is right, at most 0.95.

    unknown: reporters without a record, an even chance each. Who acts as one counts as one, with
    the worst record among them and never more than an even chance.
    """
    alone: list[float] = []
    rings: dict[int, float] = {}
    for record in records:
        if record.ring is None:
            alone.append(belief(record))
        else:
            rings[record.ring] = min(rings.get(record.ring, EVEN), belief(record))
    doubts = [1 - one for one in (*alone, *rings.values())]
    doubt = math.prod(doubts) * EVEN ** min(unknown, COUNTED)
    return 1 - max(LEAST_DOUBT, doubt)
