"""The leaky bucket: what fills it, what runs out, and acts that come late."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.sliding import Act, Window, count
from detectors.velocity.bucket import pour

DRAIN = 10 / 60
CAPACITY = 100
SPAN_S = CAPACITY / DRAIN


def levels(times: list[float], capacity: int = CAPACITY) -> tuple[list[float], Window]:
    """The level that each act told, and the window after the last."""
    state, told = Window(), []
    for number, at in enumerate(times):
        count(state, str(number), Act(at, number, "u"), SPAN_S)
        told.append(pour(state.acts, str(number), DRAIN, capacity))
    return told, state


def test_acts_at_one_moment_fill_one_each() -> None:
    told, _ = levels([50.0] * 120)
    assert told == [*map(float, range(1, 101)), *[100.0] * 20]


@pytest.mark.parametrize("start", [0.0, 1_790_000_000.0])
def test_acts_at_the_refill_rate_never_fill_it(start: float) -> None:
    told, _ = levels([start + 6.0 * n for n in range(5_000)])
    assert max(told) < 1.01


def test_a_full_bucket_is_empty_after_its_span() -> None:
    told, _ = levels([0.0] * 100 + [SPAN_S / 2, SPAN_S * 2])
    assert told[100:] == [pytest.approx(51.0), 1.0]


def test_a_late_act_fills_what_it_would_have_filled() -> None:
    told, state = levels([0.0, 120.0, 119.0])
    assert told[2] == pytest.approx(2 - DRAIN)
    assert next(reversed(state.acts.values())).level == told[2]
    told, state = levels([0.0, 120.0, 60.0])
    assert told[2] == 1.0
    assert next(reversed(state.acts.values())).level == 1.0


def test_a_late_burst_that_has_run_out_since_is_told_with_its_height() -> None:
    told, state = levels([300.0, *[0.0] * 50])
    assert told[-1] == 50.0
    assert next(reversed(state.acts.values())).level == pytest.approx(1.0)


def test_an_act_that_is_too_late_to_be_kept_fills_nothing() -> None:
    told, _ = levels([5_000.0, 100.0])
    assert told == [1.0, 1.0]


def test_a_late_act_never_lowers_what_older_acts_have_left_behind() -> None:
    told, state = levels([0.0] * 100 + [550.0, 601.0, 500.0])
    assert [act.level for act in state.acts.values()] == [1.0, told[100], told[101]]
    assert told[100] == pytest.approx(101 - 550 * DRAIN)


times = st.lists(st.integers(0, int(SPAN_S) - 1).map(float), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(times=times, capacity=st.integers(1, 20))
def test_the_order_of_arrival_does_not_matter(times: list[float], capacity: int) -> None:
    told, late = levels(times, capacity)
    _, ordered = levels(sorted(times), capacity)
    assert [act.level for act in late.acts.values()] == pytest.approx(
        [act.level for act in ordered.acts.values()]
    )
    assert max(told) <= capacity
