"""What the sequence detector keeps of one value: who waits, who has completed, for how long."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors.base import HOUR_S, Signal
from detectors.grouping import GROUP_NOUNS, GROUPS
from detectors.sequences.chain import KEPT_S, MAX_FIRST, Chain, complete, forget, wait
from detectors.sequences.params import SequenceParams, Step


def _act(number: int, at: float, actor: str, platform: str = "x", kind: str = "post") -> Signal:
    return Signal(id=number, at=at, platform=platform, kind=kind, actor=actor)


def test_a_second_step_completes_with_everybody_who_waits() -> None:
    chain = Chain()
    wait(chain, _act(1, 10.0, "a"))
    wait(chain, _act(2, 20.0, "b"))
    complete(chain, _act(3, 50.0, "c", "telegram"))
    assert {name: (part.led, part.followed) for name, part in chain.parts.items()} == {
        "x:a": (1, 0),
        "x:b": (2, 0),
        "telegram:c": (0, 3),
    }
    assert chain.longest_s == 40.0


def test_a_second_step_that_nobody_waits_for_completes_nothing() -> None:
    chain = Chain()
    complete(chain, _act(1, 10.0, "c"))
    assert chain.parts == {}


def test_of_one_account_the_newest_first_step_waits() -> None:
    chain = Chain()
    wait(chain, _act(1, 10.0, "a"))
    wait(chain, _act(2, 20.0, "b"))
    wait(chain, _act(3, 30.0, "a"))
    assert {name: act.signal_id for name, act in chain.waiting.items()} == {"x:b": 2, "x:a": 3}


def test_one_account_may_do_both_steps_and_is_one_account() -> None:
    chain = Chain()
    wait(chain, _act(1, 10.0, "a"))
    complete(chain, _act(2, 20.0, "a"))
    (part,) = chain.parts.values()
    assert (part.first_at, part.last_at, part.led, part.followed) == (10.0, 20.0, 1, 2)


def test_first_steps_leave_after_the_window_and_parts_after_a_week() -> None:
    chain = Chain(said=3)
    wait(chain, _act(1, 0.0, "a"))
    complete(chain, _act(2, 60.0, "b"))
    forget(chain, HOUR_S + 0.0, HOUR_S)
    assert set(chain.waiting) == {"x:a"}
    forget(chain, HOUR_S + 1.0, HOUR_S)
    assert chain.waiting == {}
    assert set(chain.parts) == {"x:a", "x:b"}
    forget(chain, KEPT_S + 30.0, HOUR_S)
    assert (set(chain.parts), chain.said) == ({"x:b"}, 1)


@given(st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 400)), max_size=600))
def test_those_who_wait_are_few_and_the_newest(rows: list[tuple[int, int]]) -> None:
    chain = Chain()
    ordered = sorted(rows)
    for number, (at, who) in enumerate(ordered, 1):
        wait(chain, _act(number, float(at), f"u{who}"))
    assert len(chain.waiting) <= MAX_FIRST
    newest = list(dict.fromkeys(f"x:u{who}" for _, who in reversed(ordered)))[:MAX_FIRST]
    assert set(chain.waiting) == set(newest)
    assert chain.truncated is (len({who for _, who in rows}) > MAX_FIRST)


@pytest.mark.parametrize(
    ("platform", "kind", "takes"),
    [
        ("", "any", True),
        (" x ", "any", True),
        ("x", "post", True),
        ("telegram", "any", False),
        ("x", "reply", False),
    ],
)
def test_a_step_is_a_platform_and_a_kind_either_of_which_may_be_any(
    platform: str, kind: str, takes: bool
) -> None:
    assert Step.of(platform, kind).takes(_act(1, 0.0, "a")) is takes


@pytest.mark.parametrize(
    "wrong",
    [
        {"joined_by": "moon"},
        {"joined_by": "actor"},
        {"first_kind": "engine.watch"},
        {"window_h": 0},
        {"window_h": 169},
        {"min_accounts": 1},
        {"public_cap": 9},
    ],
)
def test_parameters_outside_their_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SequenceParams(**wrong)


def test_whatever_can_join_is_a_group_with_a_noun() -> None:
    schema = SequenceParams.model_json_schema()["properties"]["joined_by"]
    assert set(schema["enum"]) - {"off"} == set(GROUPS) - {"actor"}
    assert set(GROUP_NOUNS) == set(GROUPS)
