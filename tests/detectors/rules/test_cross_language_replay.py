"""One story in several languages: the same for any order, any batches and any number of shards."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, FindingDraft, Signal
from detectors.engine import Event, Runner, Ticked, run_all, tick_drafts
from detectors.paraphrase.params import ParaphraseParams
from detectors.rules.cross_language import CrossLanguage
from tests.harness import T0
from tests.tongues import Dictionary, said

RULE = CrossLanguage(b"secret", encoder=Dictionary())
PARAMS = ParaphraseParams(min_accounts=2, common=5, window_h=30)
Drawn = tuple[int, int, int, str, str]

worlds = st.lists(
    st.tuples(
        st.integers(0, 4 * DAY_S),
        st.integers(0, 7),
        st.integers(0, 1),
        st.sampled_from(["en", "es", "ru"]),
        st.sampled_from(["#one", "#two", "#one #two", "@three"]),
    ),
    min_size=6,
    max_size=40,
)
"""When, who, what, in which language, and with what."""


def _signals(rows: Sequence[Drawn]) -> list[Signal]:
    found = [
        Signal(
            id=number,
            at=T0 + at,
            platform="x",
            kind="post",
            actor=f"u{who}",
            text=f"{said('vote', place, language)} {tag}",
        )
        for number, (at, who, place, language, tag) in enumerate(rows, 1)
    ]
    return sorted(found, key=lambda one: one.place)


def _last(signals: Sequence[Signal], order: Sequence[Signal]) -> list[FindingDraft]:
    """What holds after the last tick, when they came in this order."""
    runner = Runner(RULE, PARAMS)
    events = runner.feed(order) + runner.finish()
    ticked = events[-1]
    assert isinstance(ticked, Ticked)
    known = {one.id: one for one in signals}
    return tick_drafts(
        RULE, PARAMS, ticked.at, [ticked.part], lambda ids: [known[id_] for id_ in ids]
    )


@settings(max_examples=50, deadline=None)
@given(rows=worlds, chance=st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_stories(rows: list[Drawn], chance: Random) -> None:
    signals = _signals(rows)
    shuffled = list(signals)
    chance.shuffle(shuffled)
    assert _last(signals, shuffled) == _last(signals, signals)


@settings(max_examples=25, deadline=None)
@given(rows=worlds, of=st.sampled_from([4, 16]))
def test_any_number_of_shards_gives_the_same_stories(rows: list[Drawn], of: int) -> None:
    signals = _signals(rows)
    assert run_all(RULE, PARAMS, signals, of=of) == run_all(RULE, PARAMS, signals)


@settings(max_examples=25, deadline=None)
@given(rows=worlds, cuts=st.sets(st.integers(0, 40)))
def test_any_batches_and_restarts_give_the_same_stories(rows: list[Drawn], cuts: set[int]) -> None:
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


@settings(max_examples=30, deadline=None)
@given(rows=worlds)
def test_an_act_that_is_told_twice_makes_no_story_larger(rows: list[Drawn]) -> None:
    signals = _signals(rows)
    doubled = _signals([*rows, *rows])
    once, twice = ({draft.subjects for draft in _last(some, some)} for some in (signals, doubled))
    assert once == twice


def test_a_world_of_this_kind_has_stories() -> None:
    """Else the properties above would be about nothing."""
    rows = [(n * HOUR_S, n, 0, ("en", "es", "ru")[n], "#one") for n in range(3)]
    assert len(_last(_signals(rows), _signals(rows))) == 1
