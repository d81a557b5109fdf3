"""Works until there is nothing left, within a time budget."""

from __future__ import annotations

import time
from collections.abc import Callable

BUDGET_S = 120.0
"""Below the soft limit of the tasks: a step that is under way can end."""
SHORT_S = 3.0
"""For work that shares its worker with what a person waits for."""


def drain(step: Callable[[], int], budget_s: float = BUDGET_S) -> bool:
    """Call `step` until it has no work. Returns False when time ran out before that."""
    end = time.monotonic() + budget_s
    while step():
        if time.monotonic() > end:
            return False
    return True
