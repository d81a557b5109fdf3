"""The engine: clock, ticks, expiry, checkpoints and replay, on lists."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import FindingDraft, Signal
from detectors.engine import HEARTBEAT, Event, Found, PoisonError, Runner, Ticked, run_all
from tests.sample_detector import Sharing

def _signal(number: int, at: float, actor: str = "a", *objects: str, kind: str = "post") -> Signal:
    return Signal(id=number, at=at, platform="x", kind=kind, actor=actor, objects=objects)


def _runner(**options: Any) -> Runner:
    return Runner(Sharing(), Sharing.Params(), **options)


def test_the_clock_is_a_running_maximum_and_never_ahead_of_receipt() -> None:
    runner = _runner()
    runner.feed([_signal(1, 500.0), _signal(2, 400.0)])
    assert runner.clock == 500.0
    runner.feed([Signal(id=3, at=900.0, received=700.0, platform="x", kind="post")])
    assert runner.clock == 700.0


def test_a_tick_fires_before_the_first_signal_that_crosses_a_multiple() -> None:
    events = _runner().feed([_signal(1, 10.0, "a", "o"), _signal(2, 250.0, "b", "o")])
    assert [type(event) for event in events] == [Ticked, Found]
    ticked = events[0]
    assert isinstance(ticked, Ticked)
    assert (ticked.at, ticked.signal_id, ticked.part) == (200.0, 2, [("o", 1)])


def test_no_tick_fires_when_nothing_was_touched_since_the_last() -> None:
    runner = _runner()
    runner.feed([_signal(1, 10.0, "a", "o")])
    beats = [_signal(n, 100.0 * n, kind=HEARTBEAT) for n in range(2, 6)]
    assert [type(event) for event in runner.feed(beats)] == [Ticked]


def test_a_stream_can_ask_for_fewer_ticks_than_the_detector() -> None:
    signals = [_signal(n, 60.0 * n, f"a{n}", f"o{n}") for n in range(1, 20)]
    assert len(_runner().feed(signals)) > len(_runner(tick_floor_s=600).feed(signals)) == 1


def test_a_signal_behind_the_lookback_is_counted_and_unused() -> None:
    runner = _runner()
    runner.feed([_signal(1, 5_000.0, "a", "o"), _signal(2, 100.0, "b", "o")])
    assert runner.late == 1
    assert len(runner) == 1


def test_a_key_that_nobody_touched_for_the_lookback_is_dropped() -> None:
    runner = _runner()
    runner.feed([_signal(1, 10.0, "a", "old"), _signal(2, 1_500.0, "b", "new")])
    assert len(runner) == 1


def test_one_signal_that_names_a_key_twice_touches_it_once() -> None:
    events = _runner().feed([_signal(1, 1.0, "a", "o"), _signal(2, 2.0, "b", "o", "o")])
    assert len(events) == 1


def test_a_poisonous_signal_is_named_and_can_be_skipped() -> None:
    signals = [_signal(1, 1.0, "a", "o"), _signal(2, 2.0, kind="poison"), _signal(3, 3.0, "b", "o")]
    with pytest.raises(PoisonError) as caught:
        _runner().feed(signals)
    assert caught.value.signal_id == 2
    assert len(_runner().feed(signals, skip={2})) == 1


_signals = st.lists(
    st.tuples(
        st.floats(0, 4_000, allow_nan=False).map(lambda value: round(value, 1)),
        st.sampled_from("abcd"),
        st.sampled_from(["o1", "o2", "o3"]),
    ),
    max_size=60,
).map(lambda rows: [_signal(n, at, actor, obj) for n, (at, actor, obj) in enumerate(rows, 1)])


@settings(max_examples=60, deadline=None)
@given(signals=_signals, cuts=st.sets(st.integers(0, 60)))
def test_any_split_into_batches_gives_the_same_events(
    signals: list[Signal], cuts: set[int]
) -> None:
    whole = _runner().feed(signals)
    runner = _runner()
    pieces: list[Event] = []
    edges = [0, *sorted(cut for cut in cuts if cut < len(signals)), len(signals)]
    for start, end in zip(edges, edges[1:], strict=False):
        pieces += runner.feed(signals[start:end])
    assert pieces == whole


@settings(max_examples=60, deadline=None)
@given(signals=_signals, cut=st.integers(0, 60))
def test_a_runner_restored_from_its_dump_goes_on_as_if_nothing_had_happened(
    signals: list[Signal], cut: int
) -> None:
    whole = _runner().feed(signals)
    first = _runner()
    events = first.feed(signals[:cut])
    second = _runner()
    second.load(first.clock, first.dump())
    assert events + second.feed(signals[cut:]) == whole


@settings(max_examples=60, deadline=None)
@given(signals=_signals, of=st.sampled_from([2, 16]))
def test_any_number_of_shards_gives_the_same_findings(signals: list[Signal], of: int) -> None:
    def told(found: list[Found]) -> list[tuple[float, int, str, FindingDraft]]:
        return sorted(
            ((one.at, one.signal_id, str(one.draft.anchor), one.draft) for one in found),
            key=lambda row: row[:3],
        )

    one = run_all(Sharing(), Sharing.Params(), signals)
    assert told(run_all(Sharing(), Sharing.Params(), signals, of=of)) == told(one)
