"""Sign-ups that are expected: platforms and shapes, for a period or for good."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

_ENTRY = re.compile(r"([a-z0-9-]{1,40})(?:/(\S{1,200}))?(?:\s+(\S{10})\.\.(\S{10}))?")


class Expected(NamedTuple):
    """What one entry says; shape "" is every shape, the period runs from `since` to `until`."""

    platform: str
    shape: str
    since: float
    until: float


@lru_cache(maxsize=1_024)
def read_exception(entry: str) -> Expected:
    """Read `platform`, `platform/shape` or either with ` 2026-11-01..2026-11-14`, both days whole.

    Raises ValueError when it says something else.
    """
    found = _ENTRY.fullmatch(entry.strip())
    if found is None:
        message = f"not readable: {entry[:80]!r}; write platform/shape 2026-11-01..2026-11-14"
        raise ValueError(message)
    platform, shape, first, last = found.groups()
    if first is None:
        return Expected(platform, shape or "", float("-inf"), float("inf"))
    since, until = _midnight(first), _midnight(last) + timedelta(days=1)
    if until <= since:
        message = f"the period ends before it begins: {entry[:80]!r}"
        raise ValueError(message)
    return Expected(platform, shape or "", since.timestamp(), until.timestamp())


def is_excepted(entries: Iterable[str], platform: str, shape: str, moment: float) -> bool:
    """Whether a sign-up of this shape is expected then."""
    return any(
        one.platform == platform and one.shape in {"", shape} and one.since <= moment < one.until
        for one in map(read_exception, entries)
    )


def _midnight(day: str) -> datetime:
    parsed = date.fromisoformat(day)
    return datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)
