"""A text is read as plain data with the line of each value, and its limits hold to the unit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.sigma.reading import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_DOCUMENTS,
    MAX_ITEMS,
    Fault,
    SigmaFaultError,
    read_documents,
)


def one(text: str) -> dict[str, Any]:
    (document,) = read_documents(text)
    return document.data


def refusal(text: str) -> Fault:
    with pytest.raises(SigmaFaultError) as caught:
        read_documents(text)
    (fault,) = caught.value.faults
    return fault


NESTED = "a:\n  b:\n    - x\n    - c: 1\n      d: 2\n  e: f\n"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a",), 1),
        (("a", "b"), 2),
        (("a", "b", 0), 3),
        (("a", "b", 1), 4),
        (("a", "b", 1, "d"), 5),
        (("a", "e"), 6),
        # what is not there lies at what is around it
        (("a", "b", 7), 2),
        (("a", "b", 1, "d", "deeper"), 5),
        (("a", "none", "of", "these"), 1),
        (("nothing",), 1),
    ],
)
def test_each_value_knows_its_line_and_a_missing_one_that_of_what_holds_it(
    path: tuple[str | int, ...], line: int
) -> None:
    (document,) = read_documents(NESTED)
    assert document.line(*path) == line


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_counted_alike_whatever_ends_them(ending: str) -> None:
    text = ending.join(["# said first", "title: t", "", "---", "title: u", "x: y"])
    first, second = read_documents(text)
    assert (first.line("title"), second.line("title"), second.line("x")) == (2, 5, 6)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2026-11-27", "2026-11-27"),
        ("2026-11-27T10:00:00Z", "2026-11-27T10:00:00Z"),
        ("'5'", "5"),
        ("5", 5),
        ("-5", -5),
        ("0x1F", 31),
        ("5.50", 5.5),
        ("yes", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("'~'", "~"),
        ("|\n  two\n  lines", "two\nlines"),
        ('"\\u00e9\\t"', "\u00e9\t"),
        ("\u202eevil", "\u202eevil"),
    ],
)
def test_a_value_is_read_as_it_is_written(written: str, value: Any) -> None:
    found = one(f"x: {written}")["x"]
    assert (found, type(found)) == (value, type(value))


def test_a_name_that_looks_like_a_number_stays_the_text_it_is() -> None:
    assert one("5: a\ntrue: b\nnull: c\n<<: d") == {"5": "a", "true": "b", "null": "c", "<<": "d"}


def nested(levels: int) -> str:
    return "x: " + "[" * (levels - 1) + "]" * (levels - 1)


def items(number: int) -> str:
    """A document of exactly so many nodes: the mapping, one name, one list and its values."""
    return "x: [" + ",".join(["1"] * (number - 3)) + "]"


@pytest.mark.parametrize(
    ("most", "over", "says"),
    [
        ("x: " + "y" * (MAX_BYTES - 3), "x: " + "y" * (MAX_BYTES - 2), "longer than 32 KiB"),
        # two bytes a letter
        ("xx: " + "\u00e9" * (MAX_BYTES // 2 - 2), "xxx: " + "\u00e9" * (MAX_BYTES // 2 - 2),
         "longer than 32 KiB"),
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1), f"deeper than {MAX_DEPTH} levels"),
        ("x: 1\n---\n" * (MAX_DOCUMENTS - 1) + "x: 1", "x: 1\n---\n" * MAX_DOCUMENTS + "x: 1",
         f"More than {MAX_DOCUMENTS} documents"),
        (items(MAX_ITEMS), items(MAX_ITEMS + 1), "More than 2,000 values"),
        ("x: " + "9" * MAX_DIGITS, "x: " + "9" * (MAX_DIGITS + 1), "number is too long"),
    ],
)  # fmt: skip
def test_a_limit_holds_to_the_unit(most: str, over: str, says: str) -> None:
    assert read_documents(most)
    assert says in refusal(over).message


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", 4, "c", "twice"),
        ("a: 1\n---\na: 1\na: 2", 4, "a", "twice"),
        ("a: 1\n---\n- b", 3, "", "`name: value`"),
        ("a: 1\n---\nonly words", 3, "", "`name: value`"),
        ("a: 1\nb: &x 2", 2, "", "Aliases"),
        ("a: 1\nb: *x", 2, "", "Aliases"),
        ("a: 1\nb: !!int '5'", 2, "", "Tags"),
        ("a: 1\nb: !!binary aGk=", 2, "", "Tags"),
        ("a: 1\nb: -.inf", 2, "", "no end"),
        ("a: 1\nb: .nan", 2, "", "no end"),
        ("a: 1\n{x: 1}: 2", 2, "", "plain text"),
        ("a: 1\n\"b\\0\": 2", 2, "", "plain text"),
        ("a: 1\nb: \"\\uDC00\"", 2, "", "cannot be stored"),
        ("a: 1\nb: '", 2, "", "No YAML"),
        ("a: 1\n\tb: 2", 2, "", "No YAML"),
        ("a: 1\n\nb: \x07", 3, "", "does not allow"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_line(
    text: str, line: int, field: str, says: str
) -> None:
    found = refusal(text)
    assert (found.line, found.field) == (line, field)
    assert says in found.message


def test_faults_are_told_in_the_order_of_their_lines_and_each_with_its_field() -> None:
    error = SigmaFaultError([Fault(9, "kind", "Not so."), Fault(2, "", "No.")])
    assert [one.line for one in error.faults] == [2, 9]
    assert list(map(str, error.faults)) == ["Line 2: No.", "Line 9: kind: Not so."]


plain = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029"))


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), plain, min_size=1, max_size=8))
def test_a_quoted_text_is_read_back_letter_for_letter_whatever_it_holds(
    told: dict[str, str],
) -> None:
    lines = [f"{name}: '{value.replace(chr(39), 2 * chr(39))}'" for name, value in told.items()]
    (document,) = read_documents("\n".join(lines))
    assert document.data == told
    assert [document.line(name) for name in told] == list(range(1, len(told) + 1))
