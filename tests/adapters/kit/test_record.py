"""A record gives fields by type and remembers what nobody took."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.record import Record


def test_what_was_taken_is_not_in_the_rest() -> None:
    record = Record({"a": "x", "b": 1, "c": [1], "d": {"e": 2}})
    assert (record.text("a"), record.integer("b")) == ("x", 1)
    assert record.rest() == {"c": [1], "d": {"e": 2}}


def test_a_field_of_another_type_is_not_taken() -> None:
    record = Record({"a": ["x"], "b": "1", "c": True})
    assert (record.text("a"), record.integer("b"), record.integer("c"), record.texts("b")) == (
        "",
        None,
        None,
        ["1"],
    )
    assert record.rest() == {"a": ["x"], "c": True}


def test_a_number_counts_as_its_digits() -> None:
    assert Record({"id": 17}).text("id") == "17"
    assert Record({"id": True}).text("id") == ""


def test_children_leave_what_they_did_not_give() -> None:
    record = Record({"user": {"id": 1, "name": "a"}, "list": [{"x": 1, "y": 2}, {"x": 3}]})
    assert record.child("user").text("name") == "a"
    assert [one.integer("x") for one in record.children("list")] == [1, 3]
    assert record.rest() == {"user": {"id": 1}, "list": [{"y": 2}, {}]}


def test_a_list_that_was_read_to_the_end_is_gone() -> None:
    record = Record({"list": [{"x": 1}]})
    assert record.children("list")[0].integer("x") == 1
    assert record.rest() == {}


def test_empty_values_are_nothing() -> None:
    assert Record({"a": "", "b": None, "c": [], "d": {}, "e": 0, "f": False}).rest() == {
        "e": 0,
        "f": False,
    }


@pytest.mark.parametrize("value", [5, "x", [1], [{}, 1], {}])
def test_a_list_of_objects_is_nothing_less(value: Any) -> None:
    record = Record({"list": value}, "event")
    assert record.children("list") == []
    with pytest.raises(UnfitError, match=r"event\.list must be a list of objects"):
        record.need_children("list")


@pytest.mark.parametrize("value", [None, []])
def test_no_list_is_an_empty_list(value: Any) -> None:
    assert Record({"list": value}).need_children("list") == []


def test_places_go_down_into_children() -> None:
    record = Record({"a": {"b": [{"c": 1}]}}, "line 3")
    assert record.child("a").children("b")[0].at("c") == "line 3.a.b.0.c"


def test_the_first_name_that_is_there_counts() -> None:
    record = Record({"b": "2", "c": "3"})
    assert record.text("a", "b", "c") == "2"
    assert record.rest() == {"c": "3"}


@pytest.mark.parametrize(
    ("data", "sentence"), [({}, "a is required"), ({"b": []}, "b must be text")]
)
def test_what_is_needed_is_named(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UnfitError, match=sentence):
        Record(data).need("a", "b")
