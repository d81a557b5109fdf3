"""What is kept of templates between ticks is what a look at all states finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Key, Signal
from detectors.engine import Runner
from detectors.prompts import askers, rows
from detectors.prompts.askers import Usage
from detectors.prompts.kept import KeptTemplates
from detectors.rules.api_swarm import ApiSwarm, ApiSwarmParams
from tests.asking import unlike
from tests.harness import rewound

ASKED = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.integers(0, 3),
        st.sampled_from([0, 60, HOUR_S, DAY_S, 5 * DAY_S, 9 * DAY_S, 15 * DAY_S]),
        st.sampled_from([0, 0, 0, 4_000, 6 * DAY_S]),
    ),
    min_size=1,
    max_size=50,
)
"""Which prompt, who asks, seconds since the request before, seconds it is late."""


def requests(asked: list[tuple[int, int, int, int]]) -> list[Signal]:
    """Requests as they come."""
    found, clock = [], 100.0 * DAY_S
    for number, (text, who, later, late) in enumerate(asked, 1):
        clock += later
        more: dict[str, Any] = {"platform": "ai", "kind": "ai.request", "text": unlike(text)}
        at = clock - late
        found.append(Signal(id=number, at=at, received=clock, actor=f"a{who}", **more))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(asked=ASKED, page=st.integers(1, 9), most=st.sampled_from([1, 3, 100]), data=st.data())
def test_what_is_kept_between_ticks_is_what_a_look_at_all_states_finds(
    asked: list[tuple[int, int, int, int]],
    page: int,
    most: int,
    data: st.DataObject,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (askers, rows):
        monkeypatch.setattr(module, "MAX_ASKERS", 2)
    monkeypatch.setattr(rows, "MAX_LIVE", most)
    monkeypatch.setattr(rows, "MAX_PAST", most)
    rule, params = ApiSwarm(b"secret"), ApiSwarmParams()
    runner = Runner(rule, params)
    signals = requests(asked)
    for start in range(0, len(signals), page):
        runner.feed(signals[start : start + page])
        if data.draw(st.booleans(), label="restart"):
            state, clock = runner.dump(), runner.clock
            runner = Runner(rule, params)
            assert runner.load(clock, state)
        if data.draw(st.booleans(), label="tick"):
            anew = rule.part(runner.clock, rewound(rule, runner._keyed.states), params)
            assert runner._keyed.part(runner.clock) == anew


def test_a_template_that_was_forgotten_leaves_its_number_to_another() -> None:
    kept, states = KeptTemplates(24, b""), dict[Key, Usage]()
    moment = 100.0 * DAY_S

    def ask(name: str) -> Key:
        key = Key("prompt", name)
        state = states.setdefault(key, Usage())
        signal = Signal(len(states), moment, "ai", "ai.request", actor="a")
        state.add(signal)
        kept.took(key, signal, state)
        return key

    for name in ("c", "a", "b"):
        ask(name)
    assert kept.part(moment, states).names == ["a", "b", "c"]
    gone = [Key("prompt", "a"), ask("never told")]
    for key in gone:
        del states[key]
    kept.dropped(gone)
    assert kept.part(moment, states).names == ["b", "c"]
    ask("bb")
    assert kept.part(moment, states).names == ["b", "bb", "c"]
    assert len(kept._keys) == 3
