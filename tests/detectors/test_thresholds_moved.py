"""A threshold moved along stored findings: what a slider offers, what bars show. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.backtest.what_if import (
    BINS,
    OUTCOMES,
    UPWARD,
    Point,
    Quantity,
    Told,
    histogram,
    points,
    quantities,
)
from detectors.base import BaseParams, param

OPS = st.sampled_from([">=", ">", "<=", "<"])
VALUES = st.lists(st.integers(0, 500).map(float), min_size=1, max_size=40)


class Params(BaseParams):
    """Two thresholds of one unit and one of its own."""

    accounts: int = param(3, help="Accounts", unit="accounts", ge=2, le=100, step=1)
    posts: int = param(3, help="Posts", unit="posts", ge=1, le=100, step=5)
    replies: int = param(3, help="Replies", unit="posts", ge=1, le=100, step=5)
    share: float = param(0.5, help="Share", unit="share", ge=0.0, le=1.0, step=0.05)


NOW = Params().model_dump()


def met(value: float, limit: float = 3, op: str = ">=", unit: str = "accounts") -> dict[str, Any]:
    return {"name": unit, "value": value, "op": op, "limit": limit, "unit": unit, "met": True}


def told(*conditions: dict[str, Any], **params: Any) -> Told:
    return Told(conditions, NOW | params)


def one_of(*stored: Told, **params: Any) -> Quantity:
    (found,) = quantities(Params, NOW | params, stored)
    return found


@given(op=OPS, limit=st.integers(0, 100), at=st.integers(0, 100), value=st.integers(0, 100))
def test_what_a_looser_threshold_lets_through_includes_what_held_before(
    op: str, limit: int, at: int, value: int
) -> None:
    one = Quantity("n", op, "", limit)
    if one.looser(at):
        assert one.holds(value, at) or not one.holds(value, limit)
    elif at != limit:
        assert one.holds(value, limit) or not one.holds(value, at)
    assert not one.looser(limit)


@given(values=VALUES, op=OPS, at=st.integers(-10, 510))
def test_bars_hold_every_finding_once_and_leave_out_what_does_not_hold(
    values: list[float], op: str, at: int
) -> None:
    stored = [told(met(value, 250, op)) for value in values]
    quantity = one_of(*stored)
    found = [Point(n, value, OUTCOMES[n % 3]) for n, value in enumerate(values)]
    bars = histogram(found, quantity, at)
    assert 0 < len(bars) <= BINS + 1
    assert sum(one.total for one in bars) == len(values)
    left = sum(sum(one.left_out.values()) for one in bars)
    assert left == sum(not quantity.holds(value, at) for value in values)
    for before, after in pairwise(bars):
        assert before.high == pytest.approx(after.low)
    assert all(one.left_out[name] <= one.counts[name] for one in bars for name in OUTCOMES)


@given(values=VALUES, limit=st.integers(0, 500), op=OPS)
def test_a_slider_reaches_every_stored_value_and_the_limit_in_force(
    values: list[float], limit: int, op: str
) -> None:
    one = one_of(*(told(met(value, limit, op, "unknown")) for value in values))
    assert (one.parameter, one.limit) == ("", limit)
    assert one.low <= min(*values, limit)
    assert one.high >= max(*values, limit)
    assert one.step > 0


@pytest.mark.parametrize(
    ("stored", "params", "parameter", "limit"),
    [
        ([told(met(9))], {}, "accounts", 3),
        ([told(met(9))], {"accounts": 7}, "accounts", 7),
        ([told(met(9)), told(met(8, 5), accounts=5)], {}, "accounts", 3),
        ([told(met(9)), told(met(8, 5), accounts=4)], {}, "", 3),
        ([told(met(9, unit="posts"))], {}, "", 3),
        ([told(met(9, 4, unit="posts"), posts=4)], {"posts": 4}, "posts", 4),
        ([told(met(9, 4, unit="posts"), posts=4), told(met(9, unit="posts"))], {}, "posts", 3),
        ([told(met(0.9, 0.5, unit="share"))], {}, "share", 0.5),
        ([told(met(9, unit="hours"))], {}, "", 3),
    ],
)
def test_a_parameter_is_named_where_it_alone_can_have_set_the_limit(
    stored: list[Told], params: dict[str, Any], parameter: str, limit: float
) -> None:
    found = one_of(*stored, **params)
    assert (found.parameter, found.limit) == (parameter, limit)


@pytest.mark.parametrize(
    ("op", "values", "low", "high"),
    [
        (">=", [3, 10], 2, 10),  # room of one below, and no further than the parameter may go
        (">=", [2, 90], 2, 90),
        ("<=", [10, 60], 3, 66),
        ("<=", [1, 99], 1, 100),
    ],
)
def test_a_slider_goes_a_little_beyond_on_the_looser_side_within_bounds(
    op: str, values: list[float], low: float, high: float
) -> None:
    found = one_of(*(told(met(value, 3, op)) for value in values))
    assert (found.low, found.high) == (low, high)


def test_what_has_a_parameter_comes_first_and_then_what_most_findings_met() -> None:
    stored = [
        told(met(9, unit="hours"), met(5, unit="days")),
        told(met(8, unit="hours"), met(4)),
        told(met(7, unit="hours"), met(2, unit="days")),
    ]
    found = quantities(Params, NOW, stored)
    assert [one.name for one in found] == ["accounts", "hours", "days"]


@pytest.mark.parametrize("changed", [{"met": False}, {"op": "=="}, {"op": "in"}])
def test_a_condition_that_was_not_met_or_compares_no_size_is_no_choice(
    changed: dict[str, Any],
) -> None:
    assert quantities(Params, NOW, [told(met(9) | changed)]) == []


def test_a_finding_has_a_point_for_each_time_it_met_the_condition() -> None:
    quantity = Quantity("accounts", ">=", "accounts", 3)
    stored = {1: [met(4), met(6)], 2: [met(9, op="<=")], 3: [met(5)], 4: []}
    assert points(quantity, stored, {3: "abuse"}) == [
        Point(1, 4.0), Point(1, 6.0), Point(3, 5.0, "abuse"),
    ]  # fmt: skip


@pytest.mark.parametrize("value", [-1.0, 11.0, float("inf"), float("-inf"), float("nan")])
def test_what_lies_beyond_the_bars_is_in_none_of_them(value: float) -> None:
    quantity = Quantity("n", ">=", "", 5, low=0.0, high=10.0, step=1.0)
    bars = histogram([Point(1, value), Point(2, 10.0), Point(3, 0.0)], quantity, 5)
    assert (bars[0].total, bars[-1].total, sum(one.total for one in bars)) == (1, 1, 2)


def test_without_a_step_there_are_no_bars() -> None:
    assert histogram([Point(1, 1.0)], Quantity("n", ">=", "", 1), 1) == []


@given(op=OPS, values=VALUES)
def test_upward_conditions_lose_from_below_and_others_from_above(
    op: str, values: list[float]
) -> None:
    quantity = one_of(*(told(met(value, 250, op)) for value in values))
    middle = sorted(values)[len(values) // 2]
    lost = [value for value in values if not quantity.holds(value, middle)]
    assert all(value <= middle if op in UPWARD else value >= middle for value in lost)
