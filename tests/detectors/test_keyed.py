"""Signals that come late: when a key is told again, from where, and what is said then."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detectors.base import DAY_S, HOUR_S, FindingDraft, Key, Signal
from detectors.engine import HEARTBEAT, SETTLE_S, Event, Found, Runner
from detectors.history import FEW, MAX_TAIL, begun
from detectors.keyed import PoisonError
from tests.sample_detector import Second, Seen


def act(number: int, at: float, actor: str, *objects: str, text: str = "") -> Signal:
    objects = objects or ("o",)
    return Signal(
        id=number, at=at, platform="x", kind="post", actor=actor, objects=objects, text=text
    )


def beat(number: int, at: float) -> Signal:
    return Signal(id=number, at=at, platform="x", kind=HEARTBEAT)


def told(events: list[Event]) -> list[tuple[float, int, tuple[str, ...], bool]]:
    found = [event for event in events if isinstance(event, Found)]
    return [(one.at, one.signal_id, one.draft.subjects, one.draft.lapsed) for one in found]


def test_what_was_said_too_early_is_corrected_when_the_clock_crosses_the_next_mark() -> None:
    runner = Runner(Second(), Second.Params())
    events = runner.feed([act(1, 100.0, "a"), act(2, 200.0, "c"), act(3, 150.0, "b")])
    assert told(events) == [(200.0, 2, ("x:c",), False)]
    assert told(runner.feed([beat(4, SETTLE_S - 1.0)])) == []
    assert told(runner.feed([beat(5, SETTLE_S + 1.0)])) == [(SETTLE_S, 5, ("x:b",), False)]
    assert told(runner.feed([beat(6, 3.0 * SETTLE_S)])) == []


def test_what_does_not_hold_in_order_of_time_lapses() -> None:
    class Early(Second):
        """Speaks of objects that were young when the second account came."""

        def keep_s(self, key: Key, p: Any) -> float:
            return 60.0

    runner = Runner(Early(), Early.Params())
    # out of order the two accounts stand beside each other; in order an hour lies between them
    signals = [act(1, 4_000.0, "a"), act(2, 400.0, "b"), act(3, 4_010.0, "a")]
    assert told(runner.feed(signals)) == [(4_000.0, 2, ("x:b",), False)]
    assert told(runner.finish()) == [(4_010.0, 0, ("x:b",), True)]


def test_signals_in_order_are_never_told_again() -> None:
    asked: list[int] = []

    def recall(ids: list[int]) -> list[Signal]:
        asked.extend(ids)
        return []

    runner = Runner(Second(), Second.Params(), recall=recall)
    runner.feed([act(n, 40.0 * n, f"a{n % 9}") for n in range(1, 400)])
    assert runner.finish() == []
    assert asked == []


def test_a_signal_that_is_a_little_late_costs_a_little() -> None:
    signals = [act(n, 40.0 * n, f"a{n}") for n in range(1, 5_001)]
    known = {one.id: one for one in signals}
    asked: list[int] = []

    def recall(ids: list[int]) -> list[Signal]:
        asked.extend(ids)
        return [known[id_] for id_ in ids]

    first = Runner(Second(), Second.Params(), recall=recall)
    first.feed(signals)
    second = Runner(Second(), Second.Params(), recall=recall)
    second.load(first.clock, first.dump())
    second.feed([act(9_000, signals[-1].at - 60.0, "late")])
    second.finish()
    assert 0 < len(asked) <= 2 * FEW
    second.feed([act(9_001, signals[-1].at - 20 * HOUR_S, "later")])
    asked.clear()
    second.finish()
    assert 20 * HOUR_S / 40.0 <= len(asked) < len(signals)


def test_a_signal_that_is_gone_has_no_part_any_more() -> None:
    runner = Runner(Second(), Second.Params(), recall=lambda _: [])
    runner.feed([act(1, 100.0, "a"), act(2, 200.0, "c")])
    after = Runner(Second(), Second.Params(), recall=lambda _: [])
    after.load(runner.clock, runner.dump())
    after.feed([act(3, 150.0, "b")])
    assert told(after.finish()) == [(200.0, 0, ("x:c",), True)]


def test_a_signal_that_is_poison_only_in_its_place_is_named_and_can_be_skipped() -> None:
    class OnlyLate(Second):
        def apply(self, key: Key, signal: Signal, state: Seen, p: Any) -> list[FindingDraft]:
            if signal.actor == "c" and len(state.accounts) > 1:
                message = "too many"
                raise RuntimeError(message)
            return super().apply(key, signal, state, p)

    def runner() -> Runner:
        one = Runner(OnlyLate(), OnlyLate.Params())
        one.feed([act(1, 100.0, "a"), act(2, 200.0, "c"), act(3, 150.0, "b")])
        return one

    with pytest.raises(PoisonError) as caught:
        runner().feed([beat(4, 900.0)])
    assert caught.value.signal_id == 2
    assert told(runner().feed([beat(4, 900.0)], skip={2})) == [(900.0, 4, ("x:b",), False)]


def test_a_history_is_bounded_however_many_signals_a_key_gets() -> None:
    history = begun((0.0, 0), b"", {})
    for number in range(1, 3 * MAX_TAIL):
        place = (number * 0.5, number)
        if history.wants_base(place):
            history.keep_base((place[0] - 0.5, number - 1), b"state")
        history.put(place)
    assert len(history.tail) <= MAX_TAIL + 5_000
    assert len(history.bases) < 10


def test_bases_stand_ever_further_apart_and_one_is_older_than_the_lateness() -> None:
    history = begun((0.0, 0), b"", {})
    for number in range(1, 4_000):
        place = (number * 60.0, number)
        if history.wants_base(place):
            history.keep_base((place[0] - 60.0, number - 1), b"state")
        history.put(place)
    now = 4_000 * 60.0
    ages = [now - base.place[0] for base in history.bases]
    assert ages == sorted(ages, reverse=True)
    assert DAY_S <= ages[0] < 5 * DAY_S
    assert ages[-1] <= 2 * FEW * 60.0
    assert 3 <= len(ages) < 10


def test_the_state_is_restored_with_its_history() -> None:
    runner = Runner(Second(), Second.Params())
    runner.feed([act(n, 40.0 * n, f"a{n % 5}") for n in range(1, 300)])
    again = Runner(Second(), Second.Params())
    assert again.load(runner.clock, runner.dump())
    assert msgspec.msgpack.decode(again.dump()) == msgspec.msgpack.decode(runner.dump())
