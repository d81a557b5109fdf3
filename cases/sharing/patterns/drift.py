"""When a pattern that runs has to stop, and why, in words for its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from detectors.calibration.proportion import Share
from detectors.intel.decay import LEAST, score_at

TIMES_MORE: Final = 5.0
TIMES_LESS: Final = 0.1
DRIFT_DAYS: Final = 3
LEAST_A_DAY: Final = 0.2
"""A backtest that found less is treated as if it had found so much: one more is no drift."""
LEAST_EXPECTED: Final = 10.0
"""Findings to be expected in those days before silence says anything."""
LEAST_PRECISION: Final = 0.5
LEAST_VERDICTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a pattern that runs. days: findings of the last whole days, oldest first.

    a_day: findings a day of its backtest. sighted_at: when it last found something, or came.
    """

    now: datetime
    valid_until: datetime
    revoked: bool = False
    key_known: bool = True
    partner_active: bool = True
    tests_pass: bool = True
    error: str = ""
    a_day: float | None = None
    days: Sequence[int] = ()
    precision: Share | None = None
    sighted_at: datetime | None = None
    lifetime_days: int = 0
    speed: float = 2.0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it stops. final: no step brings this revision back."""

    code: str
    sentence: str
    final: bool = False


def reasons(one: Standing) -> Iterator[Reason]:
    """All that holds, what is final first."""
    if one.revoked:
        yield Reason("revoked", "Its author took it back.", final=True)
    if one.valid_until <= one.now:
        yield Reason("expired", f"It was valid until {one.valid_until:%Y-%m-%d}.", final=True)
    if not one.key_known:
        yield Reason("key", "The key that signed it was withdrawn.", final=True)
    if not one.partner_active:
        yield Reason("partner", "The partner that it came from is switched off.")
    if not one.tests_pass:
        yield Reason("tests", "Its own tests fail here.")
    if one.error:
        yield Reason("error", f"It ends with an error: {one.error}")
    yield from _rate(one)
    yield from _precision(one)
    yield from _decayed(one)


def _rate(one: Standing) -> Iterator[Reason]:
    last = list(one.days)[-DRIFT_DAYS:]
    if one.a_day is None or len(last) < DRIFT_DAYS:
        return
    told = ", ".join(map(str, last))
    most = TIMES_MORE * max(one.a_day, LEAST_A_DAY)
    if all(number > most for number in last):
        yield Reason(
            "rate",
            f"On the last {DRIFT_DAYS} days it found {told}; the backtest had {one.a_day:.2g} a"
            f" day, and more than {TIMES_MORE:g} times that is drift.",
        )
    expected = one.a_day * DRIFT_DAYS
    if expected >= LEAST_EXPECTED and all(number < TIMES_LESS * one.a_day for number in last):
        yield Reason(
            "rate",
            f"On the last {DRIFT_DAYS} days it found {told}; the backtest had {one.a_day:.2g} a"
            f" day, and less than {TIMES_LESS:g} of that is drift.",
        )


def _precision(one: Standing) -> Iterator[Reason]:
    share = one.precision
    if share is None or share.n < LEAST_VERDICTS or share.low >= LEAST_PRECISION:
        return
    yield Reason(
        "precision",
        f"Of {share.n} decided campaigns {share.value * share.n:.0f} were confirmed: the lower end"
        f" of its precision is {share.low:.0%}, less than {LEAST_PRECISION:.0%}.",
    )


def _decayed(one: Standing) -> Iterator[Reason]:
    if one.sighted_at is None or not one.lifetime_days:
        return
    age_d = (one.now - one.sighted_at).total_seconds() / 86_400
    if score_at(100.0, age_d, one.lifetime_days, one.speed) < LEAST:
        yield Reason("decayed", f"It has found nothing for {age_d:.0f} days.")
