"""What is kept between ticks is what a look at all states finds; users of words are counted."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, Signal
from detectors.engine import Runner, Ticked, tick_drafts
from detectors.reworded import kept, texts, users
from detectors.reworded.compare import weigh
from detectors.reworded.gathered import Columns, merge
from detectors.reworded.params import RewordedParams
from detectors.reworded.users import WORD_BITS, Users
from detectors.rules.reworded_text import RewordedText
from tests.rewordings import wording

RULE = RewordedText(b"secret")
PARAMS = RewordedParams(lookback_d=3, min_words=4, min_accounts=2)
ACTS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 6),
        st.booleans(),
        st.sampled_from([1, 3_600, 20_000, DAY_S, 5 * DAY_S]),
        st.sampled_from([0, 0, 0, 60, 40_000, 2 * DAY_S]),
    ),
    min_size=1,
    max_size=50,
)
"""Who says what, whether it is drafted, seconds since the text before, seconds it is late."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(acts=ACTS, page=st.integers(1, 9), data=st.data())
def test_what_is_kept_between_ticks_is_what_a_look_at_all_states_finds(
    acts: list[tuple[int, int, bool, int, int]],
    page: int,
    data: st.DataObject,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "EACH", 3)
    monkeypatch.setattr(kept, "_SPARE", 2)
    monkeypatch.setattr(users, "_FEW", 20)
    runner, signals = Runner(RULE, PARAMS), stream(acts)
    for start in range(0, len(signals), page):
        runner.feed(signals[start : start + page])
        if data.draw(st.booleans(), label="restart"):
            told, clock = runner.dump(), runner.clock
            runner = Runner(RULE, PARAMS)
            assert runner.load(clock, told)
        if data.draw(st.booleans(), label="tick"):
            anew = RULE.part(runner.clock, runner._keyed.states, PARAMS)
            assert told_by(runner._keyed.part(runner.clock)) == told_by(anew)


def test_a_restart_at_any_place_finds_the_same() -> None:
    dice = Random(5)
    acts = [(n % 6, dice.randrange(4), n % 9 == 0, 1_500, 0) for n in range(300)]
    signals = stream(acts)
    whole = found(Runner(RULE, PARAMS).feed(signals))
    assert sum(map(len, whole)) > 100
    for place in range(20, 300, 40):
        first, second = Runner(RULE, PARAMS), Runner(RULE, PARAMS)
        before = first.feed(signals[:place])
        assert second.load(first.clock, first.dump())
        assert found([*before, *second.feed(signals[place:])]) == whole


@given(
    rounds=st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(1, 3)), max_size=30),
        max_size=12,
    ),
    data=st.data(),
)
def test_users_are_the_writers_that_have_a_text_with_the_word(
    rounds: list[list[tuple[int, int, int]]], data: st.DataObject
) -> None:
    counted, slow = Users(), Counter[tuple[int, int]]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_FEW", 4)
        for told in rounds:
            change = [(writer, word, 1) for writer, word, count in told for _ in range(count)]
            slow.update((writer, word) for writer, word, _ in change)
            standing = sorted(slow.elements())
            gone = data.draw(st.lists(st.sampled_from(standing), unique=True)) if standing else []
            slow.subtract(gone)
            change += [(*one, -1) for one in gone]
            pairs = [writer << WORD_BITS | word for writer, word, _ in change]
            signs = [sign for *_, sign in change]
            counted.count(np.array(pairs, dtype=np.int64), np.array(signs, dtype=np.int64), 6)
            use = Counter(word for (_, word), count in slow.items() if count)
            assert counted.of_each().tolist() == [use[word] for word in range(6)]


def stream(acts: list[tuple[int, int, bool, int, int]]) -> list[Signal]:
    signals, received = list[Signal](), 30.0 * DAY_S
    for number, (who, what, is_draft, gap_s, late_s) in enumerate(acts, start=1):
        received += gap_s
        line = wording(what, number % 4)
        signals.append(
            Signal(
                id=number,
                at=received - late_s,
                received=received,
                platform="x",
                kind="ai.response" if is_draft else "post",
                actor=f"account-{who}",
                text=line,
            )
        )
    return signals


def told_by(part: Columns) -> tuple[Any, ...]:
    """The texts of a part and the users of its words, whatever the order."""
    read = merge([part])
    every = read.of(np.ones(len(read.sets), dtype=np.bool_))
    users = weigh(read).users.tolist()
    words = dict(zip(read.sets.vocabulary.tolist(), users, strict=True))
    return every, {word: count for word, count in words.items() if count}


def found(events: list[Any]) -> list[Any]:
    """What the ticks find."""
    ticks = [event for event in events if isinstance(event, Ticked)]
    return [tick_drafts(RULE, PARAMS, one.at, [one.part]) for one in ticks]
