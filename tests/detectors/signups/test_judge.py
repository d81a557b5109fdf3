"""Windows of sign-ups, judged; and a ledger that forgets in time."""

from __future__ import annotations

from typing import Any

from detectors.base import DAY_S, HOUR_S
from detectors.signups.judge import Limits, Window, strangest
from detectors.signups.ledger import (
    KEPT_H,
    MAX_ORIGINS,
    MAX_RECENT,
    Burst,
    Cohort,
    Ledger,
    Signup,
    enter,
)

NOW = 1_790_002_800.0
"""The beginning of an hour."""
LIMITS = Limits(8, 20, 1e-4, 1, by_share=True)


def fill(ledger: Ledger, shape: str, count: int, at: float, step: float, origin: str = "") -> None:
    for number in range(count):
        moment = at + number * step
        enter(ledger, shape, f"{shape}-{at}-{number}", Signup(moment, moment, number, origin))


def judge(ledger: Ledger, shape: str, at: float, origin: str = "", **more: Any) -> Window | None:
    cohort = ledger.cohorts[shape]
    return strangest(ledger, cohort, Signup(at, at, 0, origin), origin, LIMITS._replace(**more))


def quiet_month() -> Ledger:
    """Two sign-ups an hour of a common shape for 28 days."""
    ledger = Ledger()
    fill(ledger, "name##", 2 * 28 * 24, NOW - 28 * DAY_S, HOUR_S / 2)
    return ledger


def test_the_less_likely_window_wins() -> None:
    ledger = quiet_month()
    fill(ledger, "Name_Word", 10, NOW, 60)
    hour = judge(ledger, "Name_Word", NOW + 540)
    assert hour is not None
    assert (hour.frame.hours, hour.number, hour.limit) == (1, 10, 8)
    fill(ledger, "Name_Word", 60, NOW + HOUR_S, 1_000)
    day = judge(ledger, "Name_Word", NOW + 12 * HOUR_S, per_hour=1_000)
    assert day is not None
    assert (day.frame.hours, day.p <= 1e-4) == (24, True)


def test_a_burst_over_the_turn_of_an_hour_is_seen_whole() -> None:
    ledger = quiet_month()
    fill(ledger, "Name_Word", 8, NOW - 240, 60)
    found = judge(ledger, "Name_Word", NOW + 180)
    assert found is not None
    assert found.number == 8


def test_the_reason_that_expects_most_is_told() -> None:
    ledger = quiet_month()
    fill(ledger, "Name_Word", 40, NOW - 20 * DAY_S, 6 * HOUR_S)
    fill(ledger, "Name_Word", 30, NOW, 60)
    found = judge(ledger, "Name_Word", NOW + 1_740)
    assert found is not None
    assert found.expected.basis in {"hour of week", "28 days", "share of all"}
    assert found.expected.mean < 2


def test_more_of_a_common_shape_is_no_burst() -> None:
    ledger = quiet_month()
    fill(ledger, "name##", 9, NOW, 60)
    assert judge(ledger, "name##", NOW + 480) is None


def test_an_origin_of_many_shapes_explains_each() -> None:
    """An office whose people choose their handles, of a common shape each."""
    ledger = quiet_month()
    fill(ledger, "Name.Word", 300, NOW - 20 * DAY_S, HOUR_S, "")
    fill(ledger, "Name.Word", 10, NOW, 100, "network a")
    alone = judge(ledger, "Name.Word", NOW + 900, "network a")
    assert alone is not None
    fill(ledger, "name##", 40, NOW, 50, "network a")
    assert judge(ledger, "Name.Word", NOW + 900, "network a") is None


def test_what_left_the_month_is_forgotten() -> None:
    ledger = quiet_month()
    later = NOW + KEPT_H * HOUR_S
    later -= later % DAY_S
    enter(ledger, "other", "u1", Signup(later, later, 1, ""))
    enter(ledger, "other", "u2", Signup(later + DAY_S, later + DAY_S, 2, ""))
    assert set(ledger.cohorts) == {"other"}
    assert len(ledger.hours) <= 3
    assert list(ledger.cohorts["other"].recent) == ["u2"]


def test_a_finished_burst_is_let_go_with_the_names() -> None:
    ledger = Ledger()
    fill(ledger, "name##", 3, NOW, 60)
    cohort: Cohort = ledger.cohorts["name##"]
    cohort.bursts[""] = Burst(NOW, dict(cohort.recent), NOW + 120, 3)
    fill(ledger, "name##", 1, NOW + 23 * HOUR_S, 60)
    assert "" in cohort.bursts
    fill(ledger, "name##", 1, NOW + 25 * HOUR_S, 60)
    assert cohort.bursts == {}
    assert len(cohort.recent) == 2


def test_names_and_origins_are_capped_and_the_ledger_says_so() -> None:
    ledger = Ledger()
    for number in range(MAX_ORIGINS + 5):
        shape = f"s{number % 100}"
        enter(ledger, shape, f"u{number}", Signup(NOW, NOW, number, f"referrer {number}"))
    assert len(ledger.origins) == MAX_ORIGINS
    assert ledger.truncated
    full = Ledger()
    fill(full, "name##", MAX_RECENT + 9, NOW, 1)
    assert len(full.cohorts["name##"].recent) == MAX_RECENT
    assert sum(full.cohorts["name##"].hours.values()) == MAX_RECENT + 9
    found = judge(full, "name##", NOW + 200, p_max=1)
    assert found is not None
    assert found.number == MAX_RECENT + 9, "counted by the hour where names are missing"


def test_a_known_account_is_not_entered_again() -> None:
    ledger = Ledger()
    signup = Signup(NOW, NOW, 1, "")
    assert enter(ledger, "name##", "u1", signup) is not None
    assert enter(ledger, "name##", "u1", Signup(NOW + 60, NOW + 60, 2, "")) is None
    assert sum(ledger.hours.values()) == 1
