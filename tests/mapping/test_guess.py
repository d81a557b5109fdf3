"""The sample in the playground: its trees, its paths, and what a mapping could be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import Refusal
from detectors.mapping import sample
from detectors.mapping.guess import guessed
from detectors.mapping.plan import plan_of
from detectors.mapping.sample import Node, choices_of, format_of, lists_of, nodes_of, pieces_of
from detectors.mapping.spec import Source, read_spec
from tests.mapping.reading import PATIENT

WEBHOOK = {
    "id": "e1",
    "type": "posted",
    "created_at": 1790000000000,
    "user": {"id": 5, "name": "Rosa", "followers_count": 9},
    "body": "see https://a.example",
    "tags": ["A", "B"],
    "client-ip": "192.0.2.1",
    "network": "Acme Shop",
}


def test_a_tree_names_each_value_by_its_path() -> None:
    tree = nodes_of({"a": {"odd key": 1}, "l": [{"x": None}, "y"], "e": []})
    assert tree == [
        Node(0, "a", "$.a", None, 1),
        Node(1, "odd key", "$.a['odd key']", "1"),
        Node(0, "l", "$.l", None, 2),
        Node(1, "0", "$.l[*]", None, 1),
        Node(2, "x", "$.l[*].x", "null"),
        Node(1, "1", "$.l[*]", "y"),
        Node(0, "e", "$.e", "[]"),
    ]


def test_choices_take_elements_together_and_leave_out_what_is_empty() -> None:
    found = choices_of([{"l": [{"x": 1}, {"x": 2}], "n": None}, {"m": ""}, {"l": [{"y": 3}]}])
    assert {one.path: one.examples for one in found} == {"$.l[*].x": [1, 2], "$.l[*].y": [3]}


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('{"a": 1}', ("json", ",")),
        ("\ufeff [1]", ("json", ",")),
        ("", ("json", ",")),
        ("a,b\n1,2", ("csv", ",")),
        ("a;b;c,d\n", ("csv", ";")),
        ("a\tb", ("csv", "\t")),
        ("a|b", ("csv", "|")),
    ],
)
def test_the_format_is_told_by_the_looks(text: str, format: tuple[str, str]) -> None:
    assert format_of(text) == format


def test_lists_of_objects_are_where_items_may_sit() -> None:
    body = {"n": 1, "data": [{"a": 1}], "meta": {"more items": [{}], "ids": [1]}}
    assert lists_of(json.dumps(body)) == ["$.data[*]", "$.meta['more items'][*]"]
    assert lists_of(json.dumps([{"a": 1}])) == []
    assert lists_of("no json") == []


def test_obvious_fields_are_guessed_by_name_and_value() -> None:
    assert guessed(choices_of([WEBHOOK])) == {
        "external_id": Source(path="$.id"),
        "platform": Source(path="$.network", steps=("slug",)),
        "kind": Source(path="$.type", table={"posted": "post"}),
        "occurred_at": Source(path="$.created_at", steps=("time:epoch-ms",)),
        "actor": Source(path="$.user.id"),
        "text": Source(path="$.body"),
        "objects.hashtag": Source(path="$.tags[*]", steps=("lower",)),
        "identifiers.ip": Source(path="$['client-ip']"),
        "actor_profile.name": Source(path="$.user.name"),
        "actor_profile.followers": Source(path="$.user.followers_count"),
    }


@pytest.mark.parametrize(
    ("item", "field", "source"),
    [
        ({"kind": "login"}, "kind", Source(path="$.kind")),
        ({"text": "x", "type": "zzz"}, "kind", Source(const="post")),
        ({"ts": "2026-09-21T12:00:00Z"}, "occurred_at", Source(path="$.ts")),
        ({"ts": "1790000000"}, "occurred_at", Source(path="$.ts", steps=("time:epoch-s",))),
        ({"ts": 1.79e15}, "occurred_at", Source(path="$.ts", steps=("time:epoch-us",))),
        ({"time": True}, "occurred_at", None),
        ({"platform": "x"}, "platform", Source(path="$.platform")),
        ({"platform": "!"}, "platform", None),
        ({"Created At": "1"}, "occurred_at", Source("$['Created At']", steps=("time:epoch-s",))),
    ],
)
def test_a_guess_fits_its_values(item: dict[str, Any], field: str, source: Source | None) -> None:
    assert guessed(choices_of([item])).get(field) == source


def test_a_sample_is_read_to_a_bound() -> None:
    plan = plan_of(read_spec({"fields": {}}), "x")
    assert len(pieces_of(plan, json.dumps([{}] * 1_000))) == sample.MAX_ITEMS
    assert len(nodes_of({str(n): n for n in range(1_000)})) == sample.MAX_NODES
    assert len(choices_of([{str(n): n} for n in range(1_000)])) == sample.MAX_CHOICES


@PATIENT
@given(st.text(max_size=100))
def test_no_sample_breaks_the_reading(text: str) -> None:
    format, delimiter = format_of(text)
    plan = plan_of(read_spec({"format": format, "delimiter": delimiter}), "x")
    pieces = pieces_of(plan, text)
    items = [one.item for one in pieces if not isinstance(one, Refusal)]
    assert isinstance(guessed(choices_of(items)), dict)
    assert all(isinstance(nodes_of(one), list) for one in items)
    assert isinstance(lists_of(text), list)
