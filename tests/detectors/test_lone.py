"""Keys that a single signal touched: no state is kept for them, and nothing is missed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import Detector, FindingDraft, Key, Signal
from detectors.engine import Event, Found, Runner
from detectors.keyed import PoisonError
from tests.sample_detector import Seen, Sharing


class Waiting(Sharing):
    """The same detector, of which the engine knows that one signal says nothing."""

    meta = replace(Sharing.meta, lone_means_nothing=True)


class Fragile(Waiting):
    """Cannot digest what `bad` did, and notices only when it is told."""

    def apply(self, key: Key, signal: Signal, state: Seen, p: Any) -> list[FindingDraft]:
        if signal.actor == "bad":
            raise RuntimeError(signal.actor)
        return super().apply(key, signal, state, p)


def act(number: int, at: float, actor: str, *objects: str) -> Signal:
    return Signal(id=number, at=at, platform="x", kind="post", actor=actor, objects=objects)


def told(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    found = [event for event in events if isinstance(event, Found)]
    return [(one.at, one.signal_id, one.draft.anchor, one.draft.subjects, one.draft.lapsed)
            for one in found]  # fmt: skip


def recalling(signals: list[Signal], asked: list[int]) -> Any:
    def recall(ids: list[int]) -> list[Signal]:
        asked.extend(ids)
        return [one for one in signals if one.id in ids]

    return recall


def moved(detector: type[Detector[Any, Any]], before: Runner, recall: Any) -> Runner:
    """The runner of another process, which has only what was stored."""
    after = Runner(detector(), before.params, recall=recall)
    assert after.load(before.clock, before.dump())
    return after


ACTS = st.lists(
    st.tuples(st.floats(0.0, 4_000.0, width=32), st.sampled_from("abcd"), st.sampled_from("opqr")),
    max_size=40,
)


@given(ACTS, st.sets(st.integers(0, 40)))
def test_what_is_found_is_the_same_as_with_a_state_for_every_key(
    acts: list[tuple[float, str, str]], restarts: set[int]
) -> None:
    signals = [act(n, at, actor, name) for n, (at, actor, name) in enumerate(acts, start=1)]
    recall = recalling(signals, [])
    eager, waiting = Runner(Sharing(), Sharing.Params()), Runner(Waiting(), Waiting.Params())
    one: list[Event] = []
    two: list[Event] = []
    for number, signal in enumerate(signals):
        if number in restarts:
            waiting = moved(Waiting, waiting, recall)
        one += eager.feed([signal])
        two += waiting.feed([signal])
    assert told(one + eager.finish()) == told(two + waiting.finish())


def test_no_state_is_kept_of_a_key_that_one_signal_touched() -> None:
    runner = Runner(Waiting(), Waiting.Params())
    runner.feed([act(1, 10.0, "a", "o", "p"), act(2, 20.0, "b", "p")])
    assert len(runner) == 2
    *_, lone, _, rows = msgspec.msgpack.decode(runner.dump())[-1]
    assert lone == [["object", "o", 10.0, 1]]
    assert [row[:2] for row in rows] == [["object", "p"]]


def test_the_first_signals_of_a_page_are_read_at_once() -> None:
    signals = [act(n, float(n), "a", f"o{n}") for n in range(1, 21)]
    asked: list[list[int]] = []

    def recall(ids: list[int]) -> list[Signal]:
        asked.append(ids)
        return [one for one in signals if one.id in ids]

    first = Runner(Waiting(), Waiting.Params(), recall=recall)
    first.feed(signals)
    second = moved(Waiting, first, recall)
    events = second.feed([act(100 + n, 100.0 + n, "b", f"o{n}") for n in range(1, 21)])
    assert asked == [list(range(1, 21))]
    assert len(told(events)) == 20


def test_a_first_signal_that_was_purged_has_no_part() -> None:
    first = Runner(Waiting(), Waiting.Params(), recall=lambda _: [])
    first.feed([act(1, 10.0, "a", "o")])
    second = moved(Waiting, first, lambda _: [])
    assert told(second.feed([act(2, 20.0, "b", "o")])) == []
    (found,) = told(second.feed([act(3, 30.0, "c", "o")]))
    assert found[3] == ("x:b", "x:c")


def test_poison_in_the_first_signal_is_named_and_can_be_skipped() -> None:
    signals = [act(1, 10.0, "bad", "o"), act(2, 20.0, "b", "o"), act(3, 30.0, "c", "o")]
    first = Runner(Fragile(), Fragile.Params(), recall=recalling(signals, []))
    first.feed(signals[:1])
    with pytest.raises(PoisonError) as caught:
        moved(Fragile, first, recalling(signals, [])).feed(signals[1:])
    assert caught.value.signal_id == 1
    asked: list[int] = []
    events = moved(Fragile, first, recalling(signals, asked)).feed(signals[1:], skip={1})
    assert [one[3] for one in told(events)] == [("x:b", "x:c")]
    assert asked == []


def test_lone_keys_are_forgotten_in_their_time() -> None:
    runner = Runner(Waiting(), Waiting.Params())
    runner.feed([act(1, 10.0, "a", "o"), act(2, 90_000.0, "b", "p"), act(3, 180_000.0, "c", "q")])
    assert len(runner) < 3
