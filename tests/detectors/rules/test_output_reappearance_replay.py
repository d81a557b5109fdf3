"""D12: the same chains for any order, any batches and any number of shards."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import sketches
from detectors.base import HOUR_S, MINUTE_S, FindingDraft, Signal
from detectors.engine import Event, Runner, Ticked, run_all, tick_drafts
from detectors.reappearance.params import ReappearanceParams
from detectors.rules.output_reappearance import OutputReappearance
from tests.harness import T0

RULE = OutputReappearance(b"secret")
PARAMS = ReappearanceParams(min_accounts=2, min_texts=2, common_outputs=3)
STORY = [f"w{n}" for n in range(70)]
KINDS = ("ai.response", "ai.request", "post", "message")

worlds = st.lists(
    st.tuples(
        st.integers(0, 40 * HOUR_S),
        st.sampled_from(KINDS),
        st.integers(0, 4),
        st.sampled_from([(0, 70), (0, 40), (30, 70), (10, 32), (0, 19)]),
        st.booleans(),
    ),
    min_size=6,
    max_size=40,
)
"""When, what, who, which part of one text, and whether only as a sketch."""


def _signal(number: int, row: tuple[int, str, int, tuple[int, int], bool]) -> Signal:
    at, kind, who, (start, end), hidden = row
    text = " ".join(STORY[start:end])
    prints = (sketches.sketch(text, b"a key of sixteen bytes", "k"),) if hidden else ()
    return Signal(
        id=number,
        at=T0 + at,
        platform="openai-api" if kind.startswith("ai.") else "x",
        kind=kind,
        actor=f"u{who}",
        text="" if hidden else text,
        fingerprints=prints,
    )


def _signals(rows: Sequence[tuple[int, str, int, tuple[int, int], bool]]) -> list[Signal]:
    found = [_signal(number, row) for number, row in enumerate(rows, 1)]
    return sorted(found, key=lambda one: one.place)


def _last(signals: Sequence[Signal], order: Sequence[Signal]) -> list[FindingDraft]:
    """What holds after the last tick, when they came in this order."""
    runner = Runner(RULE, PARAMS)
    events = runner.feed(order) + runner.finish()
    return _told(signals, events[-1])


def _told(signals: Sequence[Signal], event: Event) -> list[FindingDraft]:
    assert isinstance(event, Ticked)
    known = {one.id: one for one in signals}
    return tick_drafts(
        RULE, PARAMS, event.at, [event.part], lambda ids: [known[id_] for id_ in ids]
    )


@settings(max_examples=60, deadline=None)
@given(rows=worlds, chance=st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_chains(
    rows: list[tuple[int, str, int, tuple[int, int], bool]], chance: Random
) -> None:
    signals = _signals(rows)
    shuffled = list(signals)
    chance.shuffle(shuffled)
    assert _last(signals, shuffled) == _last(signals, signals)


@settings(max_examples=40, deadline=None)
@given(rows=worlds, of=st.sampled_from([4, 16]))
def test_any_number_of_shards_gives_the_same_chains(
    rows: list[tuple[int, str, int, tuple[int, int], bool]], of: int
) -> None:
    signals = _signals(rows)
    assert run_all(RULE, PARAMS, signals, of=of) == run_all(RULE, PARAMS, signals)


@settings(max_examples=40, deadline=None)
@given(rows=worlds, cuts=st.sets(st.integers(0, 40)))
def test_any_batches_and_restarts_give_the_same_chains(
    rows: list[tuple[int, str, int, tuple[int, int], bool]], cuts: set[int]
) -> None:
    signals = _signals(rows)
    whole = Runner(RULE, PARAMS)
    expected = whole.feed(signals) + whole.finish()
    pieces: list[Event] = []
    runner = Runner(RULE, PARAMS)
    for start, end in pairwise([0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]):
        again = Runner(RULE, PARAMS)
        assert again.load(runner.clock, runner.dump())
        pieces += again.feed(signals[start:end])
        runner = again
    assert pieces + runner.finish() == expected


def test_a_world_of_this_kind_has_chains() -> None:
    """Else the properties above would be about nothing."""
    rows = [(0, "ai.response", 0, (0, 70), False)]
    rows += [(n * MINUTE_S, "post", n, (0, 40), False) for n in range(1, 4)]
    assert len(_last(_signals(rows), _signals(rows))) == 1
