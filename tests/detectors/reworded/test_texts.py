"""What is kept of texts: by whom, how many a day, for how long, in any order of arrival."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, Key
from detectors.reworded.gathered import Texts, gather, merge
from detectors.reworded.texts import (
    DRAFTS,
    EACH,
    MAX_DRAFTS,
    MAX_LINES,
    OUTPUT,
    TEXTS,
    Text,
    Writer,
    compared,
    key_of,
)
from detectors.reworded.words import words_of
from detectors.schema import Ai
from tests.harness import post
from tests.rewordings import gathered, made_up, random_texts, said, wording

LEAST = 6
KEPT = 31


def line(number: int) -> str:
    return wording(number, 0)


def output(text: str, actor: str = "", **ai: Any) -> Any:
    return post(0, actor, text, platform="openai-api", kind=OUTPUT, ai=Ai(**ai) if ai else None)


def everything(texts: Texts) -> list[Text]:
    return texts.of(np.ones(len(texts.sets), dtype=np.bool_))


def test_a_text_of_few_different_words_is_not_compared() -> None:
    five = " ".join(made_up(place) for place in range(5))
    assert compared(post(0, "a", f"{five} {five}"), LEAST) == ()
    assert compared(post(0, "a", f"{five} {made_up(5)}"), LEAST) != ()
    assert compared(post(0, "a", ""), LEAST) == ()


def test_each_line_of_an_output_is_compared_once() -> None:
    told = compared(output(f"Here:\n\n1. {line(1)}\n2. {line(2)}\n3. {line(1)}"), LEAST)
    assert told == (words_of(line(1)), words_of(line(2)))


def test_a_post_of_many_lines_is_one_text() -> None:
    assert len(compared(post(0, "a", f"{line(1)}\n{line(2)}"), LEAST)) == 1


def test_what_was_refused_is_no_draft() -> None:
    assert compared(output(line(1), key="k"), LEAST) != ()
    assert compared(output(line(1), key="k", refused=True), LEAST) == ()


def test_of_a_long_output_few_lines_are_compared() -> None:
    assert len(compared(output("\n".join(map(line, range(40)))), LEAST)) == MAX_DRAFTS
    late = "\n" * MAX_LINES + line(1)
    assert compared(output(late), LEAST) == ()
    assert len(compared(output("\n" * (MAX_LINES - 1) + line(1)), LEAST)) == 1


@pytest.mark.parametrize(
    ("signal", "key"),
    [
        (post(0, "ada", "x"), Key(TEXTS, "x:ada")),
        (post(0, "", "x"), Key(TEXTS, "")),
        (output("x", "ada", key="k"), Key(DRAFTS, "openai-api:ada")),
        (output("x", key="k", org="firm"), Key(DRAFTS, "openai-api:k")),
        (output("x", org="firm"), Key(DRAFTS, "openai-api:firm")),
        (output("x"), Key(DRAFTS, "")),
    ],
)
def test_a_text_is_kept_under_whoever_is_named(signal: Any, key: Key) -> None:
    assert key_of(signal) == key


def test_thirty_texts_a_day_are_kept_the_earliest_ones() -> None:
    writer = Writer()
    for number in reversed(range(100)):
        writer.add(words_of(line(number)), (float(number), number), KEPT)
    assert [len(day) for day in writer.days.values()] == [EACH]
    assert {at for at, _ in writer.days[0].values()} == set(range(EACH))


def test_of_equal_texts_the_first_one_of_the_day_is_kept() -> None:
    writer = Writer()
    for at in (500.0, 20.0, 900.0, DAY_S + 5.0):
        writer.add(words_of(line(1)), (at, int(at)), KEPT)
    assert [[*day.values()] for day in writer.days.values()] == [[(20.0, 20)], [(86405.0, 86405)]]


def test_old_days_go_and_what_comes_too_late_does_not_stay() -> None:
    writer = Writer()
    for day in (40, 3, 9, 8, 41):
        writer.add(words_of(line(day)), (float(day * DAY_S), day), KEPT)
    assert sorted(writer.days) == [40, 41]


def test_a_writer_stays_small_whatever_it_says() -> None:
    writer = Writer()
    longest = [" ".join(made_up(n * 300 + place) for place in range(200)) for n in range(40)]
    for day in range(40):
        for number, text in enumerate(longest):
            writer.add(words_of(text), (float(day * DAY_S + number), number), KEPT)
    assert sum(map(len, writer.days.values())) <= (KEPT + 1) * EACH
    assert len(msgspec.msgpack.encode(writer)) < 1_000_000


acts = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3 * 86_400)), max_size=60)


@given(acts, st.randoms())
def test_any_order_leaves_the_same(told: list[tuple[int, int]], dice: Any) -> None:
    """More than can be kept, on more days than are kept."""
    places = [(words_of(line(what)), (float(at), number)) for number, (what, at) in enumerate(told)]
    first, second = Writer(), Writer()
    for words, place in places:
        first.add(words, place, 1)
    dice.shuffle(places)
    for words, place in places:
        second.add(words, place, 1)
    assert first.days == second.days


def test_a_tick_gets_whole_days_only() -> None:
    writer = Writer()
    for day in range(5):
        writer.add(words_of(line(day)), (day * DAY_S + 1.0, day), KEPT)
    texts = merge([gather({Key(TEXTS, "x:a"): writer}, 3)])
    assert sorted(texts.ids) == [3, 4]


@pytest.mark.parametrize("shards", [1, 2, 3, 4])
def test_texts_come_back_from_any_number_of_shards(shards: int) -> None:
    told = {(one.account, one.at // DAY_S, one.words): one for one in random_texts(3, 80)[::-1]}
    texts = gathered([*told.values()], shards)
    assert everything(texts) == sorted(told.values(), key=lambda one: (one.at, one.id, one.words))


def test_an_account_that_writes_itself_and_lets_write_is_one_account() -> None:
    mine = said(1, "x:a", line(1))
    drafted = said(2, "x:a", line(2))._replace(is_draft=True)
    texts = gathered([mine, drafted])
    assert texts.accounts == ("x:a",)
    assert everything(texts) == [mine, drafted]


def test_texts_of_other_signals_are_counted_by_account() -> None:
    told = [said(n, f"x:u{n % 2}", line(n)) for n in range(5)]
    assert gathered(told).others({0, 2, 4}) == {"x:u1": 2}
    assert gathered([]).others(set()) == {}
