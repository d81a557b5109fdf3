"""Comments under one target: what is compared of them, and what chance would repeat."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.walls import (
    MAX_WORDS,
    Chance,
    Wall,
    beginning_of,
    chance_of,
    note,
    wall_of,
    words_of,
)
from tests.harness import post


@pytest.mark.parametrize(
    ("objects", "wall"),
    [
        (("target:v",), "target:v"),
        (("hashtag:a", "reply-to:b", "target:c"), "reply-to:b"),
        (("hashtag:a",), ""),
        ((), ""),
    ],
)
def test_a_wall_is_the_first_thing_that_is_commented_on(
    objects: tuple[str, ...], wall: str
) -> None:
    assert wall_of(post(1, "a", "text", objects=objects)) == wall


def test_words_come_without_marks_names_links_and_of_a_long_text_the_first() -> None:
    assert words_of("Go @anna, go! https://a.example/x now...") == ("go", "go", "now")
    assert len(words_of("ab " * 500)) == MAX_WORDS


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("one two three", "one two three"),
        ("one two three four", "one two three"),
        ("one two three and so many other words", ""),
        ("one two", ""),
        ("a b c", ""),
        ("", ""),
    ],
)
def test_a_beginning_is_long_enough_and_most_of_the_comment(text: str, start: str) -> None:
    assert beginning_of(text, 3, 8) == (start and " ".join(words_of(start)))


def test_words_that_all_write_say_little_and_own_copies_are_left_out() -> None:
    wall = Wall()
    for _ in range(98):
        note(wall, ("song",))
    for _ in range(4):
        note(wall, ("song", "zebra"))
    assert chance_of(wall, "song", 0).bits < 0.02
    alone = chance_of(wall, "zebra", 4)
    assert alone.bits == round(math.log2(100), 4)
    assert (alone.rare, chance_of(wall, "song", 0).rare) == (1, 0)
    assert chance_of(wall, "zebra zebra", 4).bits == alone.bits


def test_an_empty_wall_knows_nothing() -> None:
    assert chance_of(Wall(), "any word", 3) == Chance(1, 2.0, 0)


@given(st.integers(2, 50), st.floats(8, 60), st.integers(100, 10_000))
def test_more_accounts_and_rarer_words_are_never_likelier(
    accounts: int, bits: float, comments: int
) -> None:
    one = Chance(comments, bits, 1)
    assert Chance(comments, bits + 1, 1).exponent(accounts) < one.exponent(accounts)
    assert one.exponent(accounts) <= Chance(comments + 1, bits, 1).exponent(accounts)
    telling = Chance(comments, 2 * math.log2(comments), 1)
    assert telling.exponent(accounts + 1) < telling.exponent(accounts)
