"""What is kept of rhythms between ticks is what a look at all states finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, Key, Signal
from detectors.engine import Runner
from detectors.rhythm import beats, bins, kept
from detectors.rhythm.beats import Beats, merge
from detectors.rhythm.bins import BIN_S, Rhythm, act
from detectors.rhythm.kept import KeptBeats
from detectors.rules.rhythm import RhythmDetector, RhythmParams

ACTS = st.lists(
    st.tuples(
        st.sampled_from([f"account-{number}" for number in range(5)]),
        st.sampled_from([0, 20, 200, 301, 3_700, DAY_S, 12 * DAY_S, 29 * DAY_S]),
        st.sampled_from([0, 0, 0, 400, 9_000, 27 * DAY_S]),
        st.sampled_from(["target:a", "target:b", "target:c", "target:d"]),
    ),
    min_size=1,
    max_size=80,
)
"""Who acts, seconds since the act before, seconds it is late, on what."""


def signals_of(acts: list[tuple[str, int, int, str]]) -> list[Signal]:
    """Acts as they come."""
    found, clock = [], 40.0 * DAY_S
    for number, (who, later, late, what) in enumerate(acts, 1):
        clock += later
        more: dict[str, Any] = {"platform": "x", "kind": "reply", "objects": (what,)}
        found.append(Signal(id=number, at=clock - late, received=clock, actor=who, **more))
    return found


def told(one: Beats) -> list[tuple[Any, ...]]:
    """Every beat, whole."""
    found = [one[place] for place in range(len(one))]
    return [(beat.account, beat.bins, beat.ids, beat.ties, beat.reach) for beat in found]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, page=st.integers(1, 9), least=st.integers(1, 4), data=st.data())
def test_what_is_kept_between_ticks_is_what_a_look_at_all_states_finds(
    acts: list[tuple[str, int, int, str]],
    page: int,
    least: int,
    data: st.DataObject,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "_AT_ONCE", data.draw(st.sampled_from([2, 1_000]), label="at once"))
    monkeypatch.setattr(beats, "MAX_BINS", data.draw(st.sampled_from([3, 400]), label="bins"))
    share = data.draw(st.sampled_from([1 / 3, 1.0]), label="share of a scheduler")
    monkeypatch.setattr(beats, "SCHEDULED", share)
    monkeypatch.setattr(beats, "MAX_TIES", 2)
    monkeypatch.setattr(bins, "MAX_TIES", 2)
    monkeypatch.setattr(bins, "FEW", 2)
    rule, params = RhythmDetector(), RhythmParams.model_construct(min_actions=least)
    runner = Runner(rule, params)
    signals = signals_of(acts)
    for start in range(0, len(signals), page):
        runner.feed(signals[start : start + page])
        if data.draw(st.booleans(), label="restart"):
            state, clock = runner.dump(), runner.clock
            runner = Runner(rule, params)
            assert runner.load(clock, state)
        if data.draw(st.booleans(), label="tick"):
            anew = merge([rule.part(runner.clock, runner._keyed.states, params)], 100)
            found = merge([runner._keyed.part(runner.clock)], 100)
            assert told(found) == told(anew)


def test_an_account_that_was_forgotten_leaves_its_number_to_another() -> None:
    states = {Key("account", f"x:{name}"): Rhythm() for name in "abc"}
    some = KeptBeats(2)
    for number, (key, state) in enumerate(states.items()):
        for nth in range(3):
            signal = Signal(number * 3 + nth + 1, BIN_S * (nth + 2 + number), "x", "reply")
            act(state, signal)
            some.took(key, signal, state)
    first, _, last = states
    some.dropped([first, Key("account", "x:nobody")])
    del states[first]
    assert merge([some.part(0.0, states)], 9).accounts == ("x:b", "x:c")
    again = Key("account", "x:0")
    states[again] = state = Rhythm()
    for nth in range(3):
        signal = Signal(20 + nth, BIN_S * (nth + 2), "x", "reply")
        act(state, signal)
        some.took(again, signal, state)
    found = merge([some.part(0.0, states)], 9)
    assert found.accounts == ("x:0", "x:b", last.value)
    assert found[0].bins == [2, 3, 4]
    assert len(some._keys) == 3
