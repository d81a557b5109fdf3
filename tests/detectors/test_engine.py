"""The engine: clock, ticks, expiry, checkpoints and replay, on lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import FindingDraft, Key, Signal
from detectors.engine import HEARTBEAT, Event, Found, Runner, Ticked, run_all
from detectors.keyed import PoisonError
from tests.sample_detector import LOOKBACK_S, Counting, Seen, Sharing


def _signal(number: int, at: float, actor: str = "a", *objects: str, kind: str = "post") -> Signal:
    return Signal(id=number, at=at, platform="x", kind=kind, actor=actor, objects=objects)


def _runner(kind: type[Sharing] = Sharing, **options: Any) -> Runner:
    return Runner(kind(), kind.Params(), **options)


def test_the_clock_is_a_running_maximum_and_never_ahead_of_receipt() -> None:
    runner = _runner()
    runner.feed([_signal(1, 500.0), _signal(2, 400.0)])
    assert runner.clock == 500.0
    runner.feed([Signal(id=3, at=900.0, received=700.0, platform="x", kind="post")])
    assert runner.clock == 700.0


def test_a_tick_fires_before_the_first_signal_that_crosses_a_multiple() -> None:
    (ticked,) = _runner(Counting).feed([_signal(1, 10.0, "a", "o"), _signal(2, 250.0, "b", "o")])
    assert ticked == Ticked(200.0, 2, msgspec.msgpack.encode([("o", {"x:a": 1})]))


def test_no_tick_fires_when_nothing_was_touched_since_the_last() -> None:
    runner = _runner(Counting)
    runner.feed([_signal(1, 10.0, "a", "o")])
    beats = [_signal(n, 100.0 * n, kind=HEARTBEAT) for n in range(2, 6)]
    assert [type(event) for event in runner.feed(beats)] == [Ticked]


class Crowded(Counting):
    """Only objects that two accounts share matter, and their first signals are read again."""

    def matters(self, state: Seen) -> bool:
        return len(state.accounts) > 1

    def part(self, clock: float, states: Mapping[Key, Seen], p: Any) -> Any:
        return super().part(clock, dict(reversed([*states.items()])), p)

    def reads(self, clock: float, parts: Sequence[Any], p: Any) -> Sequence[int]:
        return [min(accounts.values()) for part in parts for _, accounts in part]

    def tick_with(
        self, clock: float, parts: Sequence[Any], signals: Mapping[int, Signal], p: Any
    ) -> list[FindingDraft]:
        words = " ".join(signal.text for _, signal in sorted(signals.items()))
        return [replace(draft, sentence=words) for draft in self.tick(clock, parts, p)]


def test_a_tick_looks_at_the_keys_that_matter_and_at_no_other() -> None:
    signals = [_signal(1, 10.0, "a", "o", "p"), _signal(2, 20.0, "b", "o"), _signal(3, 250.0)]
    (ticked,) = _runner(Crowded).feed(signals)
    assert ticked == Ticked(200.0, 3, msgspec.msgpack.encode([("o", {"x:a": 1, "x:b": 2})]))
    restored = _runner(Crowded)
    first = _runner(Crowded)
    first.feed(signals[:2])
    assert restored.load(first.clock, first.dump())
    assert restored.feed(signals[2:]) == [ticked]


def test_a_key_that_was_dropped_does_not_matter_any_more() -> None:
    runner = _runner(Crowded)
    runner.feed([_signal(1, 10.0, "a", "o"), _signal(2, 20.0, "b", "o")])
    *_, ticked = runner.feed([_signal(n, 600.0 * n, "c", "p") for n in (3, 6, 9)])
    assert isinstance(ticked, Ticked)
    assert msgspec.msgpack.decode(ticked.part) == []


def test_a_tick_reads_signals_again_for_who_asks() -> None:
    signals = [_signal(1, 10.0, "a", "o"), _signal(2, 20.0, "b", "o")]
    told = [msgspec.structs.replace(one, text=f"text {one.id}") for one in signals]
    (found,) = run_all(Crowded(), Crowded.Params(), told)
    assert found.draft.sentence == "text 1"


def test_a_stream_can_ask_for_fewer_ticks_than_the_detector() -> None:
    signals = [_signal(n, 60.0 * n, f"a{n}", f"o{n}") for n in range(1, 20)]
    often, seldom = _runner(Counting), _runner(Counting, tick_floor_s=600)
    assert (len(often.feed(signals)), len(seldom.feed(signals))) == (11, 1)


def test_a_signal_behind_the_lookback_is_counted_and_unused() -> None:
    runner = _runner()
    runner.feed([_signal(1, 5_000.0, "a", "o"), _signal(2, 100.0, "b", "o")])
    assert runner.late == 1
    assert len(runner) == 1


def test_a_key_that_nobody_touched_for_the_lookback_is_dropped_once_nothing_can_come_late() -> None:
    runner = _runner()
    runner.feed([_signal(1, 10.0, "a", "old"), _signal(2, 1_500.0, "b", "new")])
    assert len(runner) == 2
    runner.feed([_signal(3, 2_500.0, "b", "new")])
    assert len(runner) == 1


def test_a_key_that_rested_for_the_lookback_begins_anew_swept_or_not() -> None:
    rested = [_signal(1, 10.0, "a", "o"), _signal(2, 1_490.0, "b", "o")]
    assert _runner().feed(rested) == []
    assert len(_runner().feed([rested[0], msgspec.structs.replace(rested[1], at=900.0)])) == 1


class Remembering(Sharing):
    """Empties a key instead of dropping it, for as long again as the lookback."""

    def retire(self, key: Key, state: Seen, idle_s: float, p: Any) -> bool:
        state.accounts.clear()
        return idle_s > 2 * LOOKBACK_S


def test_a_detector_may_empty_a_key_that_it_has_to_remember_for_longer() -> None:
    runner = _runner(Remembering)
    runner.feed([_signal(1, 10.0, "a", "old"), _signal(2, 1_500.0, "b", "new")])
    assert len(runner) == 2
    assert runner.feed([_signal(3, 1_600.0, "c", "old")]) == []
    runner.feed([_signal(4, 9_000.0, "b", "new")])
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


_kinds = st.sampled_from([Sharing, Counting, Crowded])
_signals = st.lists(
    st.tuples(
        st.floats(0, 4_000, allow_nan=False).map(lambda value: round(value, 1)),
        st.sampled_from("abcd"),
        st.sampled_from(["o1", "o2", "o3"]),
    ),
    max_size=60,
).map(lambda rows: [_signal(n, at, actor, obj) for n, (at, actor, obj) in enumerate(rows, 1)])


@settings(max_examples=60, deadline=None)
@given(signals=_signals, cuts=st.sets(st.integers(0, 60)), kind=_kinds)
def test_any_split_into_batches_gives_the_same_events(
    signals: list[Signal], cuts: set[int], kind: type[Sharing]
) -> None:
    whole = _runner(kind).feed(signals)
    runner = _runner(kind)
    pieces: list[Event] = []
    edges = [0, *sorted(cut for cut in cuts if cut < len(signals)), len(signals)]
    for start, end in pairwise(edges):
        pieces += runner.feed(signals[start:end])
    assert pieces == whole


@settings(max_examples=60, deadline=None)
@given(signals=_signals, cut=st.integers(0, 60), kind=_kinds)
def test_a_runner_restored_from_its_dump_goes_on_as_if_nothing_had_happened(
    signals: list[Signal], cut: int, kind: type[Sharing]
) -> None:
    known = {signal.id: signal for signal in signals}
    whole = _runner(kind).feed(signals)
    first = _runner(kind)
    events = first.feed(signals[:cut])
    second = _runner(kind, recall=lambda ids: [known[id_] for id_ in ids])
    second.load(first.clock, first.dump())
    assert events + second.feed(signals[cut:]) == whole


@settings(max_examples=60, deadline=None)
@given(signals=_signals, of=st.sampled_from([2, 16]), kind=_kinds)
def test_any_number_of_shards_gives_the_same_findings(
    signals: list[Signal], of: int, kind: type[Sharing]
) -> None:
    def told(found: list[Found]) -> list[tuple[float, int, str, FindingDraft]]:
        return sorted(
            ((one.at, one.signal_id, str(one.draft.anchor), one.draft) for one in found),
            key=lambda row: row[:3],
        )

    one = run_all(kind(), kind.Params(), signals)
    assert told(run_all(kind(), kind.Params(), signals, of=of)) == told(one)
