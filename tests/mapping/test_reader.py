"""Payloads by a mapping: JSON, NDJSON and CSV; where items sit, what stands around them."""

from __future__ import annotations

import json
import time
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import Item, Outcome, Refusal
from detectors.mapping.plan import Plan, plan_of
from detectors.mapping.reader import MappedAdapter, root_of
from detectors.mapping.spec import read_spec
from detectors.schema import MAX_BATCH
from tests.mapping.reading import BASE, ITEM, NAME, PATIENT, faults, outcomes, plan

CSV: dict[str, Any] = {
    "external_id": "Post ID",
    "platform": {"const": "acme-shop"},
    "kind": {"const": "post"},
    "occurred_at": {"path": "when", "steps": ["time:%d.%m.%Y %H:%M @ Europe/Berlin"]},
    "objects.hashtag": {"path": "tags", "steps": ["split:comma"]},
}
LIMIT_S = 4.0
SIZE = 1024 * 1024


def table(delimiter: str = ",") -> Plan:
    made = plan_of(read_spec({"format": "csv", "delimiter": delimiter, "fields": CSV}), NAME)
    assert made.faults == {}
    return made


def ids(found: list[Outcome]) -> list[str]:
    return [one.fields["external_id"] for one in found if isinstance(one, Item)]


def refused(found: list[Outcome]) -> list[tuple[str, str]]:
    return [(one.place, one.code) for one in found if isinstance(one, Refusal)]


@pytest.mark.parametrize(
    ("items", "body"),
    [
        ("$", json.dumps(ITEM).encode()),
        ("$", json.dumps([ITEM]).encode()),
        ("$[*]", json.dumps([ITEM], indent=1).encode()),
        ("$", b"\xef\xbb\xbf" + json.dumps(ITEM).encode() + b"\n"),
        ("$.data[*]", json.dumps({"data": [ITEM]}).encode()),
        ("$[*].data", json.dumps([{"data": ITEM}]).encode()),
        ("$.data[*]", json.dumps({"data": {"first": ITEM}}).encode()),
        ("$.data", json.dumps({"data": ITEM}).encode()),
    ],
)
def test_items_are_found_wherever_they_sit(items: str, body: bytes) -> None:
    assert ids(outcomes(plan({}, items=items), body)) == ["7"]


def test_one_a_line_and_each_refusal_says_which() -> None:
    lines = [json.dumps(ITEM | {"id": n}) for n in range(3)]
    lines[1] = json.dumps({"id": 1, "at": "soon"})
    found = outcomes(plan({}), "\n".join([*lines, "{", "5"]).encode())
    assert ids(found) == ["0", "2"]
    assert refused(found) == [("line 2 $.at", "format"), ("line 4", "json"), ("line 5 $", "type")]


def test_places_lead_through_lists_and_envelopes() -> None:
    body = [{"data": [ITEM, ITEM | {"at": 5}]}, {"data": []}, {"data": [3]}]
    found = outcomes(plan({}, items="$.data[*]"), body)
    assert refused(found) == [
        ("$[0].data[1].at", "format"),
        ("$[1].data[*]", "items"),
        ("$[2].data[0]", "type"),
    ]


def test_what_stands_around_the_items_is_kept_with_the_first_signal() -> None:
    body = {"page": {"n": 2}, "data": [5, ITEM | {"$": 1}, ITEM | {"id": 8}], "next": "c9"}
    found = outcomes(plan({}, items="$.data[*]"), body)
    first, second = (one.fields for one in found if isinstance(one, Item))
    assert first["attributes"] == {NAME: {"$": 1, "$$": {"page": {"n": 2}, "next": "c9"}}}
    assert "attributes" not in second


def test_items_of_csv_are_rows_and_columns_are_known_by_name() -> None:
    body = b'\xef\xbb\xbfPost ID;when;tags;odd one\n\n1;21.09.2026 12:00;"a, b";zz\n'
    (found,) = outcomes(table(";"), body)
    assert isinstance(found, Item)
    assert found.fields["objects"] == ["hashtag:a", "hashtag:b"]
    assert found.fields["occurred_at"] == "2026-09-21T10:00:00+00:00"
    assert found.fields["attributes"] == {NAME: {"odd one": "zz"}}


def test_a_row_that_is_none_costs_only_itself() -> None:
    rows = ["Post ID,when,tags", "1,soon,", "2,1,2,3,4", "3,21.09.2026 12:00,x", "4"]
    found = outcomes(table(), "\n".join(rows).encode())
    assert ids(found) == ["3"]
    assert refused(found) == [
        ("line 2 $.when", "format"),
        ("line 3 $", "size"),
        ("line 5 $.when", "required"),
    ]
    (row,) = [one.raw for one in found if isinstance(one, Refusal) and one.place == "line 2 $.when"]
    assert json.loads(row) == {"Post ID": "1", "when": "soon", "tags": ""}


@pytest.mark.parametrize(
    "header", [b"", b",,\n", b"a,a\n", b",".join(b"c%d" % n for n in range(201)), b"a" * 200]
)
def test_a_header_that_names_no_columns_is_refused(header: bytes) -> None:
    assert refused(outcomes(table(), header)) == [("line 1", "format")]


def test_items_of_csv_cannot_be_elsewhere_nor_begin_with_an_index() -> None:
    assert "are its rows" in faults({}, format="csv", items="$.data[*]")["items"]
    assert "begins with an index" in faults({}, items="$[0]")["items"]
    assert "is no path" in faults({}, items="$.a-b")["items"]


@pytest.mark.parametrize(
    ("place", "root"),
    [("", "$"), ("0", "$[0]"), ("line 3", "line 3 $"), ("line 3.1", "line 3 $[1]")],
)
def test_places_of_documents_are_the_beginning_of_a_path(place: str, root: str) -> None:
    assert root_of(place) == root


FIELDS = {
    **BASE,
    "text": {"path": "$.a[*].b[*], $.a, $", "steps": ["join:space"]},
    "objects.x": {"path": "$.t[*]", "steps": ["split:comma", "lower"]},
    "attributes.x": "$.deep.er",
}
HOSTILE = {
    "brackets without end": b"[" * SIZE,
    "objects without end": b'{"a":' * (SIZE // 5),
    "lists in lists": b"[" * 900 + b"]" * 900,
    "a deep item": b'{"id":1,"deep":{"er":' + b"[" * 900 + b"]" * 900 + b"}}",
    "many tiny items": b"[" + b"0," * (SIZE // 2) + b"0]",
    "a wide item": b'{"a":[' + b'{"b":[1,2,3]},' * (SIZE // 14) + b"{}]}",
    "a long list of tags": b'{"t":[' + b'"a,b",' * (SIZE // 6) + b'""]}',
    "pieces without end": b'{"t":"' + b"," * SIZE + b'"}',
    "many names": b"{" + b",".join(b'"k%d":1' % n for n in range(SIZE // 10)) + b"}",
    "no line ends": b"a" * SIZE,
    "nothing but quotes": b'"' * SIZE,
    "nothing but line breaks": b"\n" * SIZE,
    "columns without end": b"a," * (SIZE // 2),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format", ["json", "csv"])
def test_hostile_payloads_cost_no_more_than_their_size(name: str, format: str) -> None:
    made = plan_of(read_spec({"format": format, "fields": FIELDS}), NAME)
    began = time.monotonic()
    assert list(islice(MappedAdapter(made, NAME).read(HOSTILE[name]), MAX_BATCH))
    assert time.monotonic() - began < LIMIT_S


def test_an_item_of_any_depth_is_kept_or_refused_as_it_came() -> None:
    made = plan({"actor": {"path": "$.deep", "steps": ["digest"]}})
    for depth in range(800, 1_000):
        body = b'{"id":1,"at":"2026-09-21T12:00:00Z","deep":' + b"[" * depth + b"]" * depth + b"}"
        (found,) = outcomes(made, body)
        assert isinstance(found, Item) or found.raw == body, depth


@PATIENT
@given(st.binary(max_size=200), st.sampled_from(["json", "csv"]))
def test_no_bytes_break_a_mapping(body: bytes, format: str) -> None:
    made = plan_of(read_spec({"format": format, "fields": FIELDS}), NAME)
    for one in outcomes(made, body):
        assert isinstance(one, Item | Refusal)
