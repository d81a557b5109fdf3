"""The words of a text as numbers: what counts as one, and texts that attackers write."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.reworded.words import MAX_WORDS, WIDTH, numbers_of, words_of
from tests.rewordings import made_up

LINE = "The council closes the river bridge next week"


def count(text: str) -> int:
    return len(words_of(text)) // WIDTH


@pytest.mark.parametrize(
    "same",
    [
        "week next bridge river the closes council The",
        LINE.upper(),
        f"{LINE}, {LINE}!",
        f"{LINE} https://evil.example/river?council=1",
        f"@river_council {LINE}",
        f"{LINE} 2026 1,000 7",
        LINE.replace("o", "\u043e").replace("e", "\u0435"),
        LINE.replace("bridge", "br\u200bid\u200bge"),
        f"\u202e{LINE}\u202c",
        f"{LINE} a to of",
    ],
    ids=["order", "case", "again", "link", "name", "numbers", "look-alike letters", "zero width",
         "bidi", "short words"],
)  # fmt: skip
def test_these_are_the_same_words(same: str) -> None:
    assert words_of(same) == words_of(LINE)
    assert count(same) == 7


@pytest.mark.parametrize(
    "nothing", ["", " ", "123 456 789", "a an of", "\u200b" * 50, "\U0001f600 " * 9, "_ __ ___"]
)
def test_a_text_without_words_has_none(nothing: str) -> None:
    assert words_of(nothing) == b""


def test_a_script_without_spaces_gives_pairs_of_characters() -> None:
    assert count("\u6211\u4eec\u660e\u5929") == 3
    assert count("bridge \u6211\u4eec\u660e closes") == 4
    forwards = set(numbers_of([words_of("\u6211\u4eec\u660e\u5929")]).tolist())
    turned = set(numbers_of([words_of("\u660e\u5929\u6211\u4eec")]).tolist())
    assert len(forwards & turned) == 2


def test_letters_of_other_scripts_do_not_change_the_words_beside_them() -> None:
    mixed = set(numbers_of([words_of(f"{LINE} \u0449\u044d\u044e \u0628\u062a\u062b")]).tolist())
    assert set(numbers_of([words_of(LINE)]).tolist()) < mixed
    assert len(mixed) == 9


def test_only_the_first_words_count() -> None:
    line = " ".join(made_up(place) for place in range(300))
    first = " ".join(made_up(place) for place in range(MAX_WORDS))
    assert words_of(line) == words_of(first)
    assert count(line) == MAX_WORDS


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "river " * 10_000, "\ud800river \udfffbridge", "\u202e\u2066" * 1_000,
     "\u6211" * 50_000, "a\u0300" * 100_000],
    ids=["one long word", "one word 10,000 times", "surrogates", "bidi", "one character",
         "accents"],
)  # fmt: skip
def test_hostile_texts_give_few_words(text: str) -> None:
    assert count(text) <= 2


@pytest.mark.parametrize("unit", ["1,", "!", "!1", "1", ".", "!,", "1!a", "@a.", "http://!1"])
def test_runs_of_marks_take_little_time(unit: str) -> None:
    started = time.process_time()
    words_of(f"{unit * 200_000}a")
    assert time.process_time() - started < 5


def test_marks_and_digits_inside_a_word_are_its_letters() -> None:
    assert words_of("br1dge cl0ses") == words_of("bridge closes") == words_of("br!dge closes")


@given(st.text(max_size=200))
def test_words_are_sorted_and_distinct(text: str) -> None:
    numbers = numbers_of([words_of(text)])
    assert (np.diff(numbers) > 0).all()
    assert len(numbers) <= MAX_WORDS


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_the_order_of_words_does_not_matter(places: list[int]) -> None:
    words = [made_up(place) for place in places]
    assert words_of(" ".join(words)) == words_of(" ".join(sorted(words)))
    assert count(" ".join(words)) == len(set(words))
