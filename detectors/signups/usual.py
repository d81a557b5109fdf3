"""How many sign-ups of one shape are usual in a window, and how unlikely it is to see more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, lgamma, log
from typing import NamedTuple

WEEK_H = 168
SEASON_H = 4 * WEEK_H
UNSEEN = 0.5
"""Sign-ups of a shape that nobody has seen yet, as its prior (Jeffreys)."""
MAX_SIZE = 20.0
"""Rates move by a fifth from week to week, however many sign-ups tell of them."""
SHARE_SIZE = 4.0
"""A wave brings its own mix of people: shares move by half."""
_TERMS = 20_000

Hours = Mapping[int, int]
"""Hour since 1970 -> sign-ups."""


class Estimate(NamedTuple):
    """What is expected: mean and size of a negative binomial, and what says so."""

    mean: float
    size: float
    basis: str


class Frame(NamedTuple):
    """A window of whole hours from `hour` on, and the known hours before it, at least one."""

    hour: int
    hours: int
    known_h: int


def counted_in(hours: Hours, hour: int, length: int) -> int:
    """Most sign-ups in `length` whole hours that begin at `hour` or at the next one."""
    first = sum(hours.get(one, 0) for one in range(hour, hour + length))
    return max(first, first - hours.get(hour, 0) + hours.get(hour + length, 0))


def before(hours: Hours, hour: int) -> int:
    """Sign-ups in the 28 days before `hour`."""
    return sum(number for one, number in hours.items() if hour - SEASON_H <= one < hour)


def estimates(shape: Hours, frame: Frame) -> Iterator[Estimate]:
    """From the history of a shape alone: its rate at this hour of the week, and of 28 days."""
    weeks = min(SEASON_H, frame.known_h) // WEEK_H
    if weeks:
        same = sum(
            counted_in(shape, frame.hour - week * WEEK_H, frame.hours)
            for week in range(1, weeks + 1)
        )
        yield _estimate((same + UNSEEN) / weeks, same, "hour of week")
    seen = before(shape, frame.hour)
    rate = (seen + UNSEEN) * frame.hours / max(frame.known_h, frame.hours)
    yield _estimate(rate, seen, "28 days")


def share_of(shape: Hours, everybody: Hours, others: int, frame: Frame) -> Estimate:
    """What follows from `others` sign-ups in the window if this shape keeps its share of all.

    A wave that lifts all shapes lifts what is expected of each.
    """
    seen = before(shape, frame.hour)
    rest = before(everybody, frame.hour) - seen
    mean = (seen + UNSEEN) * max(others, 0) / (max(rest, 0) + 1)
    return Estimate(mean, min(seen + UNSEEN, SHARE_SIZE), "share of all")


def upper_tail(number: int, expected: Estimate, enough: float) -> float:
    """P(X >= number) under a negative binomial; 1 once it is more than `enough`.

    The sum runs upward from `number`, so that small tails lose no digits.
    """
    mean, size, _ = expected
    if number <= mean:
        return 1.0
    if mean <= 0:
        return 0.0
    odds = mean / (size + mean)
    term = exp(
        lgamma(number + size)
        - lgamma(size)
        - lgamma(number + 1)
        + size * log(size / (size + mean))
        + number * log(odds)
    )
    total = 0.0
    for place in range(number, number + _TERMS):
        total += term
        if total > enough:
            return 1.0
        if term <= total * 1e-9:
            break
        term *= (place + size) / (place + 1) * odds
    return float(f"{min(total, 1.0):.3g}")


def _estimate(mean: float, seen: int, basis: str) -> Estimate:
    return Estimate(mean, min(seen + UNSEEN, MAX_SIZE), basis)
