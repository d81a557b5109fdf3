"""Keys that are numbers: found and kept in columns, and nothing is found but what was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import keyed, lone, numbered, registry
from detectors.base import DAY_S, Key, Signal
from detectors.engine import Cut, Event, Found, Runner, cut_signals
from detectors.lone import LoneNumbers
from detectors.minhash import Hashes, digits
from detectors.numbered import Column, Numbered
from tests.detectors.test_lone import Waiting

FIRST = 2**64 - 9
KEEP_S = 900.0


class ByName(Waiting):
    """Objects are known by 64-bit numbers, of which each is a key."""

    meta = replace(Waiting.meta, kinds=("post",), lookback_s=1_000)

    def keys(self, signal: Signal, p: Any) -> Iterable[Key]:
        return Numbered("object", numbers(signal))

    def keep_s(self, key: Key, p: Any) -> float:
        return KEEP_S


class ByNumber(ByName):
    """The same, of which the engine knows it."""

    numbered = "object"


class Elsewhere(ByName):
    """Keys of another type than it names."""

    numbered = "something else"


def numbers(signal: Signal) -> Hashes:
    return np.array([FIRST + int(one) for one in signal.objects], dtype=np.uint64)


def act(number: int, at: float, actor: str, *objects: int) -> Signal:
    names = tuple(map(str, objects))
    return Signal(id=number, at=at, platform="x", kind="post", actor=actor, objects=names)


def told(events: Sequence[Event]) -> list[tuple[float, int, Any]]:
    return [(one.at, one.signal_id, one.draft) for one in events if isinstance(one, Found)]


def fed(
    detector: type[ByName], pages: Sequence[Sequence[Signal]], skip: set[int], moved: set[int]
) -> list[tuple[float, int, Any]]:
    """What is found page by page; before some of them the state goes to another process."""
    known = {one.id: one for page in pages for one in page}

    def recall(ids: list[int]) -> list[Signal]:
        return [known[id_] for id_ in ids]

    runner = Runner(detector(), detector.Params(), recall=recall)
    events: list[Event] = []
    for number, page in enumerate(pages):
        if number in moved:
            other = Runner(detector(), detector.Params(), recall=recall)
            assert other.load(runner.clock, runner.dump())
            runner = other
        events += runner.feed(page, skip)
    return told([*events, *runner.finish()])


ACTS = st.lists(
    st.tuples(
        st.floats(0.0, 4 * DAY_S, width=32),
        st.sampled_from("abc"),
        st.lists(st.integers(0, 8), min_size=1, max_size=4),
    ),
    max_size=40,
)


@given(
    acts=ACTS,
    is_in_order=st.booleans(),
    ends=st.sets(st.integers(1, 39)),
    skip=st.sets(st.integers(1, 40), max_size=3),
    moved=st.sets(st.integers(0, 9)),
)
def test_what_is_found_is_the_same_as_by_name(
    acts: list[tuple[float, str, list[int]]],
    is_in_order: bool,
    ends: set[int],
    skip: set[int],
    moved: set[int],
) -> None:
    acts = sorted(acts) if is_in_order else acts
    signals = [act(n, at, who, *what) for n, (at, who, what) in enumerate(acts, start=1)]
    bounds = sorted({0, len(signals)} | {end for end in ends if end < len(signals)})
    pages = [signals[start:end] for start, end in pairwise(bounds)]
    by_name = fed(ByName, pages, skip, set())
    assert fed(ByNumber, pages, skip, set()) == by_name
    assert fed(ByNumber, pages, skip, moved) == by_name
    assert fed(ByNumber, [signals], skip, set()) == by_name


@given(acts=ACTS, of=st.sampled_from([2, 3, 16]))
def test_any_number_of_shards_finds_the_same(
    acts: list[tuple[float, str, list[int]]], of: int
) -> None:
    signals = [act(n, at, who, *what) for n, (at, who, what) in enumerate(acts, start=1)]
    params = ByNumber.Params()
    cut = cut_signals(ByNumber(), params, signals, of)
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(cut), type=Cut)
    found = []
    for number in range(of):
        runner = Runner(ByNumber(), params, shard=number, of=of)
        found += told([*runner.feed(signals, (), sent), *runner.finish()])
    alone = Runner(ByNumber(), params)
    expected = told([*alone.feed(signals), *alone.finish()])
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_keys_that_one_signal_touched_are_no_objects_until_a_second_one_comes() -> None:
    runner = Runner(ByNumber(), ByNumber.Params())
    runner.feed([act(1, 10.0, "a", 1, 2, 3)])
    assert (len(runner), runner._keyed._newest) == (3, {})
    (found,) = told(runner.feed([act(2, 20.0, "b", 3)]))
    assert found[2].subjects == ("x:a", "x:b")
    assert len(runner) == 3
    assert [*runner._keyed._newest] == [found[2].anchor]


def test_keys_of_another_type_than_was_named_are_kept_by_name() -> None:
    runner = Runner(Elsewhere(), Elsewhere.Params())
    runner.feed([act(1, 10.0, "a", 1, 2)])
    assert len(runner._keyed._newest) == 2


@pytest.mark.parametrize("slug", sorted(registry.all_detectors()))
def test_only_what_waits_for_a_second_signal_has_numbered_keys(slug: str) -> None:
    meta = registry.get(slug).meta
    assert not registry.get(slug).numbered or (meta.lone_means_nothing and not meta.tick_s)


@given(rows=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2**64 - 1)), max_size=40),
       start=st.integers(0, 20), size=st.integers(0, 20))  # fmt: skip
def test_a_part_of_a_column_is_what_its_signals_have(
    rows: list[tuple[int, int]], start: int, size: int
) -> None:
    rows.sort(key=lambda row: row[0])
    found = [(place, Numbered("k", np.array([one], dtype=np.uint64))) for place, one in rows]
    (column,) = Column.each_of(found, 1)
    places, held = column.part(start, start + size).read()
    assert [*zip(places.tolist(), held.tolist(), strict=True)] == [
        (place - start, one) for place, one in rows if start <= place < start + size
    ]


def test_a_key_is_written_in_16_digits_and_read_back() -> None:
    values = ["0" * 16, "f" * 16, "00000000000000a1"]
    (key, *_) = Numbered("k", numbered.numbers_of(values))
    assert key == Key("k", "0" * 16)
    assert sorted(digits(numbered.numbers_of(values))) == sorted(values)


def test_keys_pass_in_their_time_and_the_runs_they_were_in_with_them() -> None:
    known = LoneNumbers()
    for hour in range(100):
        enter(known, 3_600.0 * hour, range(10_000 * hour, 10_000 * hour + 9_000))
        known.pass_by(10 * 3_600.0, 3_600.0 * hour)
        assert len(known) == 9_000 * min(hour + 1, 11)
    assert sum(len(run.number) for run in (*known._runs, *known._short)) <= 99_000 + 2 * lone._RUN
    assert len(known._sieve) <= 8 * lone._SLOTS * 200_000


def test_pages_of_single_signals_make_no_heap_of_runs() -> None:
    known = LoneNumbers()
    for number in range(2_000):
        enter(known, float(number), range(20 * number, 20 * number + 20))
    assert len(known) == 40_000
    assert len(known._runs) + len(known._short) <= lone._SHORT


def test_above_the_cap_the_keys_that_rest_longest_go_named_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyed, "MAX_KEYS", 8)
    kept = []
    for detector in (ByName, ByNumber):
        runner = Runner(detector(), detector.Params())
        runner.feed([act(1, 20.0, "a", 1, 2), act(2, 30.0, "b", 2)])
        runner.feed([act(3, 20.0, "c", 3, 0), act(4, 20.0, "d", 4), act(5, 40.0, "a", 5, 6, 7, 8)])
        assert len(runner) == 9
        assert runner._keyed.sweep(50.0)
        assert len(runner) == 6
        kept.append([
            bool(told(runner.feed([act(10 + one, 60.0 + one, "z", one)]))) for one in range(9)
        ])  # fmt: skip
    assert kept[0] == kept[1]
    assert kept[0].count(True) == 6


def enter(known: LoneNumbers, at: float, some: Iterable[int]) -> None:
    """One signal with these keys, on a page of its own."""
    mixed = np.array([*some], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    (column,) = Column.each_of([(0, Numbered("k", mixed))], 1)
    assert known.look_ahead(column, ()).woken == []
    known.took(0, (at, 1))
