"""One odd piece of evidence does not stop the others: rows are taken in one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import DataError, IntegrityError, transaction

from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.queueing import wake

# A lost database is not among them.
FAULTS: Final = (
    AbuseDeskError, ArithmeticError, DataError, IntegrityError, LookupError, TypeError, ValueError,
)  # fmt: skip


Taken = tuple[int | None, Exception | None]
"""Id of what was tried, None when nothing waits; and the fault that it raised."""


def attempt(row_id: int, work: Callable[[], None]) -> Taken:
    """Do `work` for one row; what an odd row raises undoes its own part alone."""
    try:
        with transaction.atomic():
            work()
    except FAULTS as fault:
        return row_id, fault
    return row_id, None


def one_by_one(
    take: Callable[[set[int]], Taken], limit: int, *, odd: Callable[[int, str], None], task: str
) -> int:
    """Call `take`, which passes over the ids it is given, up to `limit` times. Returns how many.

    odd: told of an id that raised a fault. task: woken where more may wait.
    """
    taken, failed = 0, set[int]()
    while taken + len(failed) < limit:
        row_id, fault = take(failed)
        if row_id is None:
            break
        if fault is None:
            taken += 1
        else:
            failed.add(row_id)
            odd(row_id, repr(fault))
    if taken and taken + len(failed) >= limit:
        wake(task)
    return taken
