"""How much disturbing evidence somebody has seen, and when it is enough. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

WARNED: Final = 0.8
DISTURBING: Final = 2
"""Content severity from which an item brings the next break nearer."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Points of one shift.

    began: the shift. disturbing: items since it began or since the last break, and break_after of
    them make a break due. break_until: end of the break that runs.
    """

    began: datetime
    spent: int
    limit: int
    disturbing: int
    break_after: int
    break_until: datetime | None

    @property
    def warned(self) -> bool:
        return self.spent >= WARNED * self.limit

    @property
    def over(self) -> bool:
        return self.spent >= self.limit

    @property
    def break_due(self) -> bool:
        """Whether it is time for a break, or one runs."""
        return self.break_until is not None or self.disturbing >= self.break_after

    @property
    def stops(self) -> bool:
        """Whether nothing disturbing is handed out."""
        return self.over or self.break_due
