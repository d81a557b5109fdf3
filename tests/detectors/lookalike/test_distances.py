"""Misspellings: the index finds what comparing with every name would find."""

from __future__ import annotations

from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.lookalike.distances import MAX_WORD, distance, index_of, nearest

NAMES = {"paypal": 1, "google": 1, "instagram": 2, "microsoft": 2}
INDEX = index_of(NAMES.items())
words = st.text(ascii_lowercase, max_size=12)


@pytest.mark.parametrize(
    ("one", "other", "changes"),
    [
        ("paypal", "paypal", 0),
        ("paypal", "paypl", 1),
        ("paypal", "payypal", 1),
        ("paypal", "paypol", 1),
        ("paypal", "papyal", 1),
        ("paypal", "apypla", 2),
        ("ca", "abc", 3),
        ("", "abc", 3),
    ],
)
def test_inserting_dropping_replacing_and_swapping_are_one_change_each(
    one: str, other: str, changes: int
) -> None:
    assert distance(one, other) == distance(other, one) == changes


@given(words, words)
def test_the_distance_is_zero_only_for_the_same_word_and_never_above_the_longer_one(
    one: str, other: str
) -> None:
    far = distance(one, other)
    assert (far == 0) is (one == other)
    assert abs(len(one) - len(other)) <= far <= max(len(one), len(other))


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("paypal", ("paypal", 0)),
        ("payapl", ("paypal", 1)),
        ("gogle", ("google", 1)),
        ("instgram", ("instagram", 1)),
        ("insatgrm", ("instagram", 2)),
        ("micosfot", ("microsoft", 2)),
    ],
)
def test_a_misspelling_is_found_with_the_number_of_its_changes(
    word: str, found: tuple[str, int]
) -> None:
    assert nearest(word, INDEX) == found


@pytest.mark.parametrize("word", ["papa", "pyapla", "googol", "insta", "", "soft"])
def test_a_word_beyond_the_changes_that_a_name_allows_is_another_word(word: str) -> None:
    assert nearest(word, INDEX) is None


@settings(max_examples=300)
@given(st.sampled_from(sorted(NAMES)), st.lists(st.tuples(st.integers(0, 11), words), max_size=2))
def test_the_index_agrees_with_comparing_every_name(
    name: str, edits: list[tuple[int, str]]
) -> None:
    word = name
    for place, letters in edits:
        word = word[:place] + letters[:1] + word[place + 1 :]
    near = sorted((distance(word, one), one) for one in NAMES)
    wanted = next(((one, far) for far, one in near if far <= NAMES[one]), None)
    assert nearest(word, INDEX) == wanted


def test_a_word_longer_than_any_misspelling_costs_nothing() -> None:
    assert nearest("paypal" * MAX_WORD, INDEX) is None
