"""What is cut is cut at a whole character, within its limit, and named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.kit.bounds import (
    MAX_DEPTH,
    Budget,
    clean,
    digest,
    name_of,
    one_line,
    shortened,
    within_bytes,
)

TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=60,
)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\udfff", "\ufffd"),
    ],
)
def test_text_that_no_database_takes_is_replaced(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(alphabet=st.characters(codec=None)))
def test_clean_text_can_be_stored(text: str) -> None:
    assert "\0" not in clean(text)
    clean(text).encode()


def test_one_line_has_no_line_break_of_any_kind() -> None:
    assert one_line(" a\r\n\tb\u2028c\x85d ") == "a b c d"


def test_a_shortened_text_says_so() -> None:
    assert shortened("abcdef", 4) == "abc\u2026"
    assert shortened("abcd", 4) == "abcd"


def test_bytes_are_cut_between_characters() -> None:
    assert within_bytes("ääa", 4) == "ää"
    assert within_bytes("ääa", 3) == "ä"
    assert within_bytes("ab", 2) == "ab"


def test_a_name_is_whole_or_a_digest() -> None:
    assert name_of("a" * 200, 200) == "a" * 200
    assert name_of("a" * 201, 200).startswith("sha256-")
    assert name_of("a" * 201, 200) != name_of("a" * 202, 200)


def test_equal_content_has_an_equal_digest_in_any_order_of_fields() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


@given(JSON, st.integers(min_value=50, max_value=3_000))
def test_what_is_kept_fits_and_what_fits_is_kept(value: Any, size: int) -> None:
    budget = Budget(size)
    kept = budget.fit({"a": value}, "")
    written = len(msgspec.json.encode(kept))
    assert written <= size + 100
    if not budget.cuts:
        assert kept == {"a": value}


def test_what_does_not_fit_is_named() -> None:
    budget = Budget(600)
    kept = budget.fit({"first": "x" * 100, "second": "y" * 900, "third": 1, "fourth": 2}, "")
    assert kept["first"] == "x" * 100
    assert kept["second"].endswith("\u2026")
    assert next(iter(budget.cuts)) == "second"


def test_deep_values_end_with_an_ellipsis() -> None:
    value: Any = "end"
    for _ in range(MAX_DEPTH + 5):
        value = [value]
    budget = Budget(10_000)
    kept = budget.fit(value, "deep")
    assert "\u2026" in msgspec.json.encode(kept).decode()
    assert budget.cuts


def test_two_names_that_become_one_are_not_lost_in_silence() -> None:
    budget = Budget(1_000)
    assert budget.fit({"\0": 1, "\ufffd": 2}, "x") == {"\ufffd": 1}
    assert list(budget.cuts) == ["x.\ufffd"]


def test_names_of_cuts_are_bounded() -> None:
    budget = Budget(100)
    budget.fit({f"key{n}" * 100: "x" * 50 for n in range(500)}, "")
    assert len(budget.cuts) == 50
    assert all(len(name) <= 200 for name in budget.cuts)
