"""Which keys a sweep looks at, and that it drops the same ones as a look at all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.agenda import SLOT_S, Agenda
from detectors.base import DAY_S, Key, Signal
from detectors.engine import EXPIRY_S, Runner
from detectors.keyed import Keyed
from tests.sample_detector import Counting, Seen, Sharing

KEEP_S = {"short": 3.0 * SLOT_S, "long": 9.0 * SLOT_S}
FOREVER = "forever"
TIMES = st.floats(0, 40 * SLOT_S)


class AtOnce(Sharing):
    """Keeps keys by their type; one value is never let go."""

    meta = replace(Sharing.meta, lookback_s=9 * SLOT_S)

    def keep_s(self, key: Key, p: Any) -> float:
        return KEEP_S[key.type]

    def retire(self, key: Key, state: Seen, idle_s: float, p: Any) -> bool:
        return key.value != FOREVER


class Waiting(AtOnce):
    """The same, without a state for lone keys: these have nothing to ask about."""

    meta = replace(AtOnce.meta, lone_means_nothing=True)


class AtTicks(AtOnce):
    """The same in any order."""

    meta = replace(AtOnce.meta, tick_s=100)


@given(put=st.lists(st.tuples(st.integers(0, 9), TIMES)), looks=st.lists(TIMES, max_size=5))
def test_every_key_is_taken_out_once_it_is_due_and_none_long_before(
    put: list[tuple[int, float]], looks: list[float]
) -> None:
    agenda, waiting = Agenda(), list[tuple[Key, float]]()
    for number, due in put:
        agenda.put((Key("k", str(number)),), due)
        waiting.append((Key("k", str(number)), due))
    for moment in sorted(looks):
        taken = sorted(agenda.take(moment))
        must = [key for key, due in waiting if due < moment]
        may = [key for key, due in waiting if due < moment + SLOT_S]
        assert all(taken.count(key) >= must.count(key) for key in must)
        assert all(taken.count(key) <= may.count(key) for key in taken)
        for key in taken:
            waiting.remove(min((one for one in waiting if one[0] == key), key=lambda one: one[1]))


def test_a_sweep_takes_out_next_to_nothing_that_another_one_has_to_look_at_again() -> None:
    agenda = Agenda()
    for minute in range(2 * 24 * 60):
        agenda.put((Key("k", str(minute)),), 60.0 * minute)
    assert len([*agenda.take(EXPIRY_S + 1.0)]) <= 1.02 * EXPIRY_S / 60


@pytest.mark.parametrize("detector", [AtOnce, AtTicks, Waiting])
@given(
    touches=st.lists(
        st.tuples(
            TIMES, st.sampled_from(sorted(KEEP_S)), st.sampled_from(["a", "b", "c", FOREVER])
        ),
        max_size=40,
    )
)
def test_a_sweep_drops_what_a_look_at_every_key_would(
    detector: type[AtOnce], touches: list[tuple[float, str, str]]
) -> None:
    keyed = Keyed(detector(), detector.Params(), None)
    lateness_s = 0.0 if detector is AtTicks else min(DAY_S, detector.meta.lookback_s)
    newest: dict[Key, float] = {}
    for number, (at, kind, value) in enumerate(sorted(touches), start=1):
        key = Key(kind, value)
        keyed.fold_all([key], _act(number, at))
        newest[key] = at
        keyed.sweep(at)
        newest = {
            one: seen
            for one, seen in newest.items()
            if seen + KEEP_S[one.type] >= at - lateness_s
            or (one.value == FOREVER and one in keyed.states)
        }
        assert len(keyed) == len(newest)
        assert set(keyed.states) <= set(newest)
        assert detector is Waiting or set(keyed.states) == set(newest)


def test_a_sweep_asks_nothing_about_keys_that_are_not_due() -> None:
    asked: list[Key] = []

    class Asking(AtTicks):
        def retire(self, key: Key, state: Seen, idle_s: float, p: Any) -> bool:
            asked.append(key)
            return True

    keyed = Keyed(Asking(), Asking.Params(), None)
    keys = [Key("long", str(number)) for number in range(1_000)]
    keyed.fold_all([*keys, Key("short", "one")], _act(1, 0.0))
    keyed.sweep(KEEP_S["short"] + 1.0)
    assert asked == [Key("short", "one")]
    assert len(keyed) == len(keys)


def test_keys_of_a_loaded_state_are_dropped_in_their_time() -> None:
    def signals(start: int, *times: float) -> Iterable[Signal]:
        return [_act(start + n, at, f"o{start + n}") for n, at in enumerate(times)]

    before = Runner(Counting(), Counting.Params())
    before.feed([*signals(1, 10.0, 20.0)])
    after = Runner(Counting(), Counting.Params())
    assert after.load(before.clock, before.dump())
    for runner in (before, after):
        runner.feed([*signals(10, 3.0 * Counting.meta.lookback_s)])
        assert len(runner) == 1


def _act(number: int, at: float, *objects: str) -> Signal:
    return Signal(id=number, at=at, platform="x", kind="post", actor=f"a{number}", objects=objects)
