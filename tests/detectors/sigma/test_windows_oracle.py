"""Windows hold what a slow, plain count of the same signals says; their bookkeeping is exact."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Signal
from detectors.sigma.compiling import compile_rule
from detectors.sigma.fields import values_of
from detectors.sigma.matching import as_text, folded, meets
from detectors.sigma.model import Count, Rule
from detectors.sigma.params import EXAMPLE, RuleParams
from detectors.sigma.windows import (
    MAX_GROUP_VALUES,
    MAX_KEPT,
    Gathered,
    Group,
    Seen,
    alerts_of,
    group_values,
    groups_of,
    met_slots,
    put,
    reached,
)
from detectors.trying import best_windows
from tests.detectors.sigma.rules import COUNTED
from tests.harness import T0

NAMES = sorted(COUNTED)


@st.composite
def told(draw: st.DrawFn) -> list[Signal]:
    """Signals of few people and addresses, so that windows fill; some with several values."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from((0, 0, 1, 30, 60, 61, 300, 301, 599, 600, 3_600, 90_000)),
                st.sampled_from(("post", "post", "login", "payment")),
                st.sampled_from(("a1", "A1", "a2", "a3", "")),
                st.sampled_from((("10.0.0.1",), ("10.0.0.1", "10.0.0.2"), ("unknown",), ())),
                st.sampled_from(("de", "DE", "fr", "")),
            ),
            max_size=30,
        )
    )
    at, found = T0, []
    for number, (gap, kind, actor, ips, lang) in enumerate(rows, 1):
        at += gap
        found.append(
            Signal(
                id=number, at=at, platform="chirp", kind=kind, actor=actor, text=f"win {lang}",
                identifier_map={"ip": list(ips), "device": list(ips)}, attributes={"lang": lang},
            )
        )  # fmt: skip
    return found


def slow(rule: Rule, signals: Sequence[Signal]) -> set[tuple[Group, float, int]]:
    """Each group, each moment, each signal looked at anew."""
    rows: dict[Group, list[tuple[Signal, list[int]]]] = {}
    for one in signals:
        slots = [n for n, slot in enumerate(rule.slots) if meets(one, slot.base.expr)]
        groups: dict[Group, list[int]] = {}
        for n in slots:
            names = rule.slots[n].group_by
            for group in product(*(group_values(one, name) for name in names)):
                groups.setdefault(group, []).append(n)
        for group, held in groups.items():
            rows.setdefault(group, []).append((one, held))
    found = set()
    for group, acts in rows.items():
        for end in {one.at for one, _ in acts}:
            inside = [row for row in acts if end - rule.window_s <= row[0].at <= end]
            number = _number(rule, inside)
            if number >= rule.threshold:
                found.add((group, end, number))
    return found


def _number(rule: Rule, inside: Sequence[tuple[Signal, list[int]]]) -> int:
    if rule.count is Count.EVENTS:
        return len({one.id for one, _ in inside})
    if rule.count is Count.VALUES:
        return len(
            {
                folded(as_text(value))
                for one, slots in inside
                for n in slots
                for value in values_of(one, rule.slots[n].counted)
            }
        )
    if rule.count is Count.TEMPORAL:
        return len({n for _, slots in inside for n in slots})
    return _chain(inside, 0, 0.0, len(rule.slots))


def _chain(inside: Sequence[tuple[Signal, list[int]]], n: int, after: float, of: int) -> int:
    """The longest run of slots from `n` on, each later than the one before, by trying all."""
    if n == of:
        return 0
    nexts = {one.at for one, slots in inside if n in slots and one.at > after}
    return max((1 + _chain(inside, n + 1, at, of) for at in nexts), default=0)


@pytest.mark.parametrize("count", list(Count))
@given(signals=told(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_windows_are_those_that_a_plain_count_finds(
    count: Count, signals: list[Signal], data: st.DataObject
) -> None:
    names = [one for one in NAMES if one.split()[1] == count]
    rule = compile_rule(COUNTED[data.draw(st.sampled_from(names))])
    found = alerts_of(rule, signals)
    assert {(one.group, one.at, one.number) for one in found} == slow(rule, signals)
    assert [(one.at, one.group) for one in found] == sorted((one.at, one.group) for one in found)
    for one in found:
        assert all(one.at - rule.window_s <= signals[n - 1].at <= one.at for n in one.signal_ids)


@given(signals=told(), name=st.sampled_from(NAMES), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_a_finished_list_is_counted_alike_in_any_order(
    signals: list[Signal], name: str, seed: int
) -> None:
    rule, mixed = compile_rule(COUNTED[name]), list(signals)
    random.Random(seed).shuffle(mixed)
    assert alerts_of(rule, mixed) == alerts_of(rule, signals)


@given(signals=told(), name=st.sampled_from(NAMES))
@settings(max_examples=80, deadline=None)
def test_the_best_window_of_a_group_is_the_fullest_of_all_and_tells_what_is_missing(
    signals: list[Signal], name: str
) -> None:
    params = RuleParams(sigma=COUNTED[name])
    best = best_windows(params, signals)
    fullest: dict[Group, int] = {}
    for group, _, number in slow(replace(params.rule, threshold=1), signals):
        fullest[group] = max(number, fullest.get(group, 0))
    assert {one.group: one.value for one in best if one.value} == fullest
    assert [one.value for one in best] == sorted((one.value for one in best), reverse=True)
    assert all(one.margin == max(0, one.needed - one.value) for one in best)
    assert {one.group for one in best if not one.margin} == {
        one.group for one in alerts_of(params.rule, signals)
    }


acts = st.lists(
    st.tuples(st.integers(0, 50), st.lists(st.sampled_from("abc"), max_size=3, unique=True)),
    max_size=60,
)


@given(rows=acts, window=st.integers(0, 30))
@settings(max_examples=150, deadline=None)
def test_marks_are_counted_as_often_as_they_stand_in_the_window(
    rows: list[tuple[int, list[str]]], window: int
) -> None:
    state = Gathered()
    for number, (at, marks) in enumerate(rows):
        put(state, Seen(float(at), number, "x:a", tuple(marks)), window)
        assert state.seen == sorted(state.seen)
        assert state.marks == Counter(mark for one in state.seen for mark in one.marks)
        newest = max(at for at, _ in rows[: number + 1])
        assert {one.signal_id for one in state.seen} == {
            n for n, (when, _) in enumerate(rows[: number + 1]) if when >= newest - window
        }


def test_what_comes_too_late_for_the_window_leaves_no_trace() -> None:
    state = Gathered()
    put(state, Seen(100.0, 1, "x:a", ("m",)), 10)
    put(state, Seen(89.9, 2, "x:b", ("late",)), 10)
    put(state, Seen(90.0, 3, "x:c", ("just",)), 10)
    assert [one.signal_id for one in state.seen] == [3, 1]
    assert state.marks == {"m": 1, "just": 1}
    assert not state.lost


def test_of_a_flood_the_signals_that_alone_hold_a_value_stay() -> None:
    state = Gathered()
    put(state, Seen(0.0, 0, "x:rare", ("rare",)), 1e6)
    for number in range(1, MAX_KEPT + 50):
        put(state, Seen(float(number), number, "x:loud", ("loud",)), 1e6)
    assert len(state.seen) == MAX_KEPT
    assert state.lost
    assert state.seen[0].signal_id == 0
    assert state.marks == {"rare": 1, "loud": MAX_KEPT - 1}


def signal(**fields: Any) -> Signal:
    base: dict[str, Any] = {"id": 1, "at": T0, "platform": "chirp", "kind": "post", "actor": "a"}
    return Signal(**(base | fields))


@pytest.mark.parametrize(
    ("name", "fields", "values"),
    [
        ("identifiers.ip", {"identifier_map": {"ip": ["A", "a", "B"]}}, ["a", "b"]),
        ("identifiers.ip", {"identifier_map": {"ip": ["unknown", "NULL", "-", "0"]}}, []),
        ("identifiers.ip", {"identifier_map": {"ip": "203.0.113.7"}}, ["203.0.113.7"]),
        ("identifiers.ip", {}, []),
        ("attributes.x", {"attributes": {"x": True}}, ["true"]),
        ("attributes.x", {"attributes": {"x": ["b", 2, None, ["c"], {"d": 1}]}}, ["b", "2"]),
        ("attributes.x", {"attributes": {"x": 0}}, []),
        ("attributes.x", {"attributes": {"x": {"deep": 1}}}, []),
        ("account", {"actor": ""}, []),
        ("account", {"actor": "Ann"}, ["chirp:ann"]),
        ("text", {"text": ""}, []),
    ],
)
def test_signals_are_gathered_by_values_that_are_somebodys(
    name: str, fields: dict[str, Any], values: list[str]
) -> None:
    assert group_values(signal(**fields), name) == values


def test_a_signal_with_very_many_values_belongs_to_few_groups() -> None:
    many = signal(
        attributes={name: [f"{name}{n}" for n in range(99)] for name in ("x", "y")},
        kind="account.created",
    )
    sigma = EXAMPLE.replace("- identifiers.ip", "- attributes.x\n    - attributes.y")
    rule = compile_rule(sigma)
    assert len(groups_of(rule, many, met_slots(rule, many))) == MAX_GROUP_VALUES**2


def test_steps_at_one_moment_are_not_in_order_but_a_microsecond_is_enough() -> None:
    name = "count temporal_ordered logins, posts account 10m gte: 2"
    rule = compile_rule(COUNTED[name])
    for gap, number in ((0.0, 1), (1e-6, 2), (600.0, 2), (600.5, 0)):
        state = Gathered()
        put(state, Seen(T0, 1, "x:a", ("0",)), rule.window_s)
        put(state, Seen(T0 + gap, 2, "x:a", ("1",)), rule.window_s)
        assert reached(rule, state).number == number, gap
