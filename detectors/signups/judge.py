"""Which window of a cohort's sign-ups is too full to be chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from detectors.base import HOUR_S
from detectors.signups.ledger import DAY_H, MAX_RECENT, Cohort, Ledger, Signup, densest
from detectors.signups.usual import (
    SEASON_H,
    Estimate,
    Frame,
    counted_in,
    estimates,
    share_of,
    upper_tail,
)


class Limits(NamedTuple):
    """When a window is full, and how unlikely it must be. known_h: hours known at least.

    by_share: whether other sign-ups of the ledger say what is expected of one shape.
    """

    per_hour: int
    per_day: int
    p_max: float
    known_h: int
    by_share: bool


class Window(NamedTuple):
    """A window with too many sign-ups: how many, and those of them that are known by name."""

    frame: Frame
    number: int
    limit: int
    members: dict[str, Signup]
    expected: Estimate
    p: float
    p_max: float


def strangest(
    ledger: Ledger, cohort: Cohort, signup: Signup, origin: str, limits: Limits
) -> Window | None:
    """The least likely window around a sign-up, of those that are full and unlikely enough.

    origin: count only those that came from there; "" counts all.
    """
    known = cohort.recent
    if origin:
        known = {name: one for name, one in known.items() if one.origin == origin}
    moments = sorted(one.born for one in known.values())
    best: Window | None = None
    for hours, limit in ((1, limits.per_hour), (DAY_H, limits.per_day)):
        began, number = densest(moments, signup.born, hours * HOUR_S)
        frame = _frame(ledger, began, hours, limits.known_h)
        if not origin and len(known) >= MAX_RECENT:
            number = max(number, counted_in(cohort.hours, frame.hour, hours))
        if number < limit:
            continue
        judged = _judged(ledger, cohort, frame, number, limits, origin)
        if judged is not None and (best is None or judged[1] < best.p):
            expected, chance = judged
            end = began + hours * HOUR_S
            members = {name: one for name, one in known.items() if began <= one.born <= end}
            best = Window(frame, number, limit, members, expected, chance, limits.p_max)
    return best


def _frame(ledger: Ledger, began: float, hours: int, least_h: int) -> Frame:
    first = int(began // HOUR_S)
    known_h = max(least_h, first - int(ledger.since // HOUR_S))
    return Frame(first, hours, min(known_h, SEASON_H))


def _judged(
    ledger: Ledger, cohort: Cohort, frame: Frame, number: int, limits: Limits, origin: str
) -> tuple[Estimate, float] | None:
    """The estimate under which so many are most likely; None where one of them explains it."""
    worst: tuple[Estimate, float] | None = None
    for expected in _expected(ledger, cohort, frame, number, limits, origin):
        chance = upper_tail(number, expected, limits.p_max)
        if chance > limits.p_max:
            return None
        if worst is None or (chance, expected.mean) > (worst[1], worst[0].mean):
            worst = expected, chance
    return worst


def _expected(
    ledger: Ledger, cohort: Cohort, frame: Frame, number: int, limits: Limits, origin: str
) -> Iterator[Estimate]:
    """Each estimate guards against another innocence."""
    if origin:
        others = _around(ledger.origins.get(origin, {}), frame) - number
        yield share_of(cohort.hours, ledger.hours, max(others, 0) + 1, frame)
        return
    yield from estimates(cohort.hours, frame)
    if limits.by_share:
        others = max(_rest(ledger, cohort, frame.hour + step, frame.hours) for step in (0, 1))
        yield share_of(cohort.hours, ledger.hours, others, frame)


def _around(hours: dict[int, int], frame: Frame) -> int:
    """All sign-ups in the hours that the window touches."""
    return sum(hours.get(one, 0) for one in range(frame.hour, frame.hour + frame.hours + 1))


def _rest(ledger: Ledger, cohort: Cohort, hour: int, length: int) -> int:
    """Sign-ups of other shapes in `length` whole hours."""
    return sum(
        ledger.hours.get(one, 0) - cohort.hours.get(one, 0) for one in range(hour, hour + length)
    )
