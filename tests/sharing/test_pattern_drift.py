"""When a pattern that runs has to stop: each reason at its edge, and none without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.sharing.patterns import drift
from cases.sharing.patterns.drift import Reason, Standing
from detectors.calibration.proportion import precision

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FINE = Standing(now=NOW, valid_until=NOW + timedelta(days=1))


def codes(**changes: Any) -> list[str]:
    return [one.code for one in drift.reasons(replace(FINE, **changes))]


def test_what_is_fine_goes_on() -> None:
    assert codes() == []


@pytest.mark.row(90)
@pytest.mark.parametrize(
    ("changes", "code", "final"),
    [
        ({"revoked": True}, "revoked", True),
        ({"valid_until": NOW}, "expired", True),
        ({"key_known": False}, "key", True),
        ({"partner_active": False}, "partner", False),
        ({"tests_pass": False}, "tests", False),
        ({"error": "ValueError: no"}, "error", False),
        ({"a_day": 1.0, "days": [6, 6, 6]}, "rate", False),
        ({"a_day": 10.0, "days": [0, 0, 0]}, "rate", False),
        ({"precision": precision(5, 20)}, "precision", False),
        ({"sighted_at": NOW - timedelta(days=180), "lifetime_days": 180}, "decayed", False),
    ],
)
def test_each_reason_stops_it_and_says_whether_it_comes_back(
    changes: dict[str, Any], code: str, final: bool
) -> None:
    (found,) = drift.reasons(replace(FINE, **changes))
    assert (found.code, found.final) == (code, final)
    assert found.sentence.endswith(".") or code == "error"


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": NOW + timedelta(seconds=1)},
        {"a_day": 1.0, "days": [6, 6]},
        {"a_day": 1.0, "days": [6, 5, 6]},
        {"a_day": None, "days": [99, 99, 99]},
        {"a_day": 0.0, "days": [1, 1, 1]},
        {"a_day": 3.0, "days": [0, 0, 0]},
        {"a_day": 10.0, "days": [0, 1, 0]},
        {"precision": precision(19, 20)},
        {"precision": precision(0, 19)},
        {"sighted_at": NOW - timedelta(days=99), "lifetime_days": 180},
        {"sighted_at": None, "lifetime_days": 180},
        {"sighted_at": NOW - timedelta(days=999), "lifetime_days": 0},
    ],
)
def test_short_of_its_limit_nothing_stops_it(changes: dict[str, Any]) -> None:
    assert codes(**changes) == []


def test_what_is_final_comes_first() -> None:
    everything = replace(
        FINE, revoked=True, valid_until=NOW, tests_pass=False, partner_active=False, error="x"
    )
    found = list(drift.reasons(everything))
    assert [one.final for one in found] == sorted((one.final for one in found), reverse=True)


@given(
    st.floats(0, 1_000, allow_nan=False),
    st.lists(st.integers(0, 100_000), min_size=3, max_size=10),
)
def test_a_rate_between_its_limits_never_stops_it(a_day: float, days: list[int]) -> None:
    found = list(drift.reasons(replace(FINE, a_day=a_day, days=days)))
    last = days[-3:]
    loud = all(number > 5 * max(a_day, 0.2) for number in last)
    quiet = 3 * a_day >= 10 and all(number < a_day / 10 for number in last)
    assert [one.code for one in found] == ["rate"] * (loud or quiet)


def test_a_reason_is_told_with_its_numbers() -> None:
    (found,) = drift.reasons(replace(FINE, a_day=1.25, days=[1, 9, 8, 7]))
    assert found == Reason(
        "rate",
        "On the last 3 days it found 9, 8, 7; the backtest had 1.2 a day, and more than 5 times"
        " that is drift.",
    )
