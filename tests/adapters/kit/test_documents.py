"""JSON comes as one object, a list or lines; one bad piece never costs the others."""

from __future__ import annotations

import io
from typing import Any

import pytest

from detectors.adapters.base import MAX_PART, Refusal
from detectors.adapters.kit.documents import MAX_VALUES, documents


def read(raw: bytes) -> list[tuple[str, Any]]:
    """(place, value), or (place, code) of what was refused."""
    return [
        (one.place, one.code if isinstance(one, Refusal) else one.value)
        for one in documents(io.BufferedReader(io.BytesIO(raw)))
    ]


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (b'{"a":1}', [("", {"a": 1})]),
        (b'\xef\xbb\xbf{"a":1}\n', [("", {"a": 1})]),
        (b'{\n "a": 1\n}\n', [("", {"a": 1})]),
        (b"\n\n[1, 2]", [("0", 1), ("1", 2)]),
        (b"[\n1,\n2]", [("0", 1), ("1", 2)]),
        (b'{"a":1}\n{"b":2}\n', [("line 1", {"a": 1}), ("line 2", {"b": 2})]),
        (b'{"a":1}\r\n\r\n[3]\n', [("line 1", {"a": 1}), ("line 3.0", 3)]),
        (b"[]", []),
    ],
)
def test_every_way_to_write_json_is_read(raw: bytes, values: list[tuple[str, Any]]) -> None:
    assert read(raw) == values


@pytest.mark.parametrize(
    ("raw", "places"),
    [
        (b"", [("body", "empty")]),
        (b" \n ", [("body", "empty")]),
        (b"{", [("body", "json")]),
        (b"nonsense", [("body", "json")]),
        (b'{"a":1}\nnonsense\n{"b":2}', [("line 1", {"a": 1}), ("line 2", "json"),
                                          ("line 3", {"b": 2})]),
        (b"[1, 1e999, 3]", [("0", 1), ("1", "json"), ("2", 3)]),
        (b"[1,", [("body", "json")]),
        (b"[" * 5_000, [("body", "depth")]),
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_by_its_place(raw: bytes, places: list[Any]) -> None:
    assert read(raw) == places


def test_half_a_pair_stays_in_its_place_as_nul() -> None:
    assert read(b'[{"a":"x\\ud800y"},{"b":"\\ud83d\\ude00"}]') == [
        ("0", {"a": "x\0y"}),
        ("1", {"b": "\U0001f600"}),
    ]


def test_bytes_that_are_no_text_stay_in_their_place_as_nul() -> None:
    assert read(b'{"a":"caf\xe9"}') == [("", {"a": "caf\0"})]


def test_a_document_that_is_too_large_is_refused_whole() -> None:
    raw = b'{\n"a":"' + b"x" * MAX_PART + b'"}'
    assert read(raw) == [("body", "size")]


def test_a_swarm_of_tiny_values_is_refused_before_it_is_decoded() -> None:
    raw = b"[" + b"0," * (MAX_VALUES + 1) + b"0]"
    assert read(raw) == [("body", "size")]


def test_the_raw_piece_is_kept_with_a_refusal() -> None:
    (_, refused) = documents(io.BufferedReader(io.BytesIO(b'{"a":1}\n{broken\n')))
    assert isinstance(refused, Refusal)
    assert refused.raw == b"{broken"
