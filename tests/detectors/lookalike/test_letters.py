"""Letters: words of people are usual, keys pressed at random are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lookalike.letters import surprise


@pytest.mark.parametrize(
    "word", ["weather", "bookings", "gardening", "universite", "photography", "restaurant"]
)
def test_a_word_is_usual(word: str) -> None:
    assert 0 < surprise(word) < 4.25


@pytest.mark.parametrize("word", ["xkqzvwpt", "bq7zk2xw9", "qwzxkvjh", "0x9fk3jq8z"])
def test_random_keys_surprise(word: str) -> None:
    assert surprise(word) > 5.25


@pytest.mark.parametrize("word", ["", "xqz", "xkqzvw", "123456789", "водоканал"])
def test_short_tokens_numbers_and_other_scripts_are_not_judged(word: str) -> None:
    assert surprise(word) == 0.0


@given(st.text(max_size=100))
def test_every_string_has_a_finite_surprise(word: str) -> None:
    assert 0.0 <= surprise(word) < 40.0
