"""Works until there is nothing left, within a time budget."""

from __future__ import annotations

import time
from collections.abc import Callable

BUDGET_S = 120.0
"""Below the soft limit of the tasks: a step that is under way can end."""


def drain(step: Callable[[], int]) -> bool:
    """Call `step` until it has no work. Returns False when time ran out before that."""
    end = time.monotonic() + BUDGET_S
    while step():
        if time.monotonic() > end:
            return False
    return True
