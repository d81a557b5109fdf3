"""Paths: what is read, what is refused and why, and that they lead where they say."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.mapping import paths
from detectors.mapping.paths import ALL, Path, PathError
from tests.mapping.reading import PATIENT

DOCUMENT: dict[str, Any] = {
    "a": {"b": [10, {"c": 20}], "odd key": 30, "it's": 40, "": 50},
    "l": [{"x": 1}, {"y": 2}, {"x": 3}],
    "column, with comma": 60,
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$", [DOCUMENT]),
        ("$.a.b[0]", [10]),
        ("$.a.b[1].c", [20]),
        ("$.a['odd key']", [30]),
        ('$["a"]["odd key"]', [30]),
        ("$.a['it\\'s']", [40]),
        ("$.a['']", [50]),
        ("$.l[*].x", [1, 3]),
        ("$.l[*]", [{"x": 1}, {"y": 2}, {"x": 3}]),
        ("$.a.b[2]", []),
        ("$.a.b.c", []),
        ("$.l.x", []),
        ("$.nothing[*].x", []),
        ("column, with comma", [60]),
    ],
)
def test_a_path_leads_to_its_values(text: str, values: list[Any]) -> None:
    assert [value for _, value in paths.parse(text).find(DOCUMENT)] == values


def test_all_of_an_object_are_its_values() -> None:
    found = paths.parse("$.a[*]").find(DOCUMENT)
    assert [place for place, _ in found] == [("a", name) for name in DOCUMENT["a"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$.a-b", "'-' at 4"),
        ("$..a", "'.' at 3"),
        ("$.a[?(@.x)]", "'?' at 5"),
        ("$.a[-1]", "'-' at 5"),
        ("$.a[1:2]", "':' at 6"),
        ("$.a[01]", "'1' at 6"),
        ("$.a[", "its end at 5"),
        ("$.a['b", "never closes"),
        ("$['\\x']", "'x' at 5"),
        ("$.a ", "' ' at 4"),
        ("$" + ".a" * 17, "more than 16 steps"),
        ("$." + "a" * 600, "more than 500 characters"),
        ("", "is empty"),
    ],
)
def test_what_is_no_path_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(PathError, match=said.replace("?", r"\?")):
        paths.parse(text)


def test_several_paths_are_separated_by_commas() -> None:
    many = paths.parse_many("$.a, $['x, $y'] ,$.b")
    assert [str(one) for one in many] == ["$.a", "$['x, $y']", "$.b"]
    assert [one.parts for one in paths.parse_many("Name, full")] == [("Name, full",)]
    assert paths.parse_many(" ") == []
    with pytest.raises(PathError, match="no path"):
        paths.parse_many("$.a, b")


def test_a_path_finds_no_more_than_a_thousand_values() -> None:
    wide = {"a": [{"b": list(range(100))} for _ in range(100)]}
    assert len(paths.parse("$.a[*].b[*]").find(wide)) == 1_000
    assert len(paths.parse("$.a[*].b[*]").find(wide, limit=None)) == 10_000


PARTS = st.lists(
    st.one_of(st.text(max_size=20), st.integers(0, 9_999_999), st.just(ALL)), max_size=8
)


@PATIENT
@given(PARTS)
def test_a_written_path_is_read_as_the_same(parts: list[Any]) -> None:
    path = Path(tuple(parts))
    if len(str(path)) <= paths.MAX_LENGTH:
        assert paths.parse(str(path)) == path


@PATIENT
@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_paths(text: str) -> None:
    for read in (paths.parse, paths.parse_many):
        for shown in (text, f"${text}"):
            with suppress(PathError):
                read(shown)
