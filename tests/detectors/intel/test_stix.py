"""STIX of others: which values patterns look for, how narrow a mark is, what becomes of rows."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.choices import Opinion, Tlp
from detectors.intel.forms import Form
from detectors.intel.grid import TooManyRowsError
from detectors.intel.incoming import read_incoming
from detectors.intel.stix.marks import MARKING, OLD, UNKNOWN, UNMARKED, tlp_of
from detectors.intel.stix.patterns import MAX_CLAUSES, read_pattern
from detectors.intel.stix.reading import RED, objects_in, read_stix, rows_of
from detectors.intel.stix.values import (
    NETWORK,
    Values,
    values_of_observable,
    values_of_pattern,
)

HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def found(pattern: str) -> Values:
    return values_of_pattern(read_pattern(pattern))


@pytest.mark.row(59)
@pytest.mark.parametrize(
    ("pattern", "things"),
    [
        ("[domain-name:value = 'a.example']", [("domain", "a.example")]),
        (" [ domain-name:value='A.Example' ] ", [("domain", "a.example")]),
        ("[url:value = 'https://b.example/x?y=1']", [("url", "https://b.example/x?y=1")]),
        ("[ipv4-addr:value = '198.51.100.7']", [("ip", "198.51.100.7")]),
        ("[ipv6-addr:value = '2001:DB8::7']", [("ip", "2001:db8::7")]),
        ("[email-addr:value = 'Eve@mail.example']", [("email", "eve@mail.example")]),
        (f"[file:hashes.'SHA-256' = '{HASH}']", [("hash", f"sha256:{HASH}")]),
        (f"[file:hashes.MD5 = '{MD5}' AND file:name = 'a.exe']", [("hash", f"md5:{MD5}")]),
        (
            "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
            [("domain", "a.example"), ("domain", "b.example")],
        ),
        (
            "[domain-name:value IN ('a.example', 'b.example')]",
            [("domain", "a.example"), ("domain", "b.example")],
        ),
        (
            "[domain-name:value = 'a.example'] OR [ipv4-addr:value = '198.51.100.7']",
            [("domain", "a.example"), ("ip", "198.51.100.7")],
        ),
        (
            "[(domain-name:value = 'a.example') OR (url:value = 'https://b.example/')]",
            [("domain", "a.example"), ("url", "https://b.example/")],
        ),
        (
            "[user-account:account_type = 'tiktok' AND user-account:user_id = 'crew_77']",
            [("account", "tiktok:crew_77")],
        ),
        (
            "[user-account:account_type IN ('x', 'tiktok') AND user-account:account_login = 'c']",
            [("account", "x:c"), ("account", "tiktok:c")],
        ),
        ("[user-account:account_login = 'crew_77']", [("handle", "crew_77")]),
        (
            "[user-account:account_type = 'phone' AND user-account:user_id = '+4915112345678']",
            [("phone", "+4915112345678")],
        ),
        (
            r"[user-account:account_type = 'x' AND user-account:user_id = 'it\'s \\ me']",
            [("account", r"x:it's \ me")],
        ),
    ],
)
def test_values_of_a_pattern(pattern: str, things: list[tuple[str, str]]) -> None:
    assert found(pattern) == Values(tuple(things))


@pytest.mark.row(59)
@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "[",
        "[]",
        "nothing",
        "[domain-name:value]",
        "[domain-name:value = ]",
        "[domain-name:value = 'a.example'",
        "[domain-name:value = 'a.example'] x",
        "[domain-name:value LIKE '%.example']",
        "[domain-name:value MATCHES '.*']",
        "[domain-name:value != 'a.example']",
        "[NOT domain-name:value = 'a.example']",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
        "[ipv4-addr:value = '198.51.100.0/24']",
        "[domain-name:value = 'a.example' AND ipv4-addr:value = '198.51.100.7']",
        "[domain-name:value = 'a.example'] AND [url:value = 'https://b.example/']",
        "[domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'https://b.example/']",
        "[domain-name:value = 'a.example'] WITHIN 5 SECONDS",
        "[file:name = 'a.exe']",
        "[file:hashes.MD5 = 'not a hash']",
        "[process:command_line = 'x']",
        "[user-account:account_type = 'x']",
        "[network-traffic:dst_ref.value = '198.51.100.7']",
        "[" + "(" * 500 + "domain-name:value = 'a.example'" + ")" * 500 + "]",
        "[domain-name:value = 'a.example" + "x" * 70_000 + "']",
    ],
)
def test_what_is_not_matched_here_says_so_and_names_no_value(pattern: str) -> None:
    values = found(pattern)
    assert values.things == ()
    assert values.why.startswith("Not matched here: ")


def test_what_is_understood_counts_beside_what_is_not() -> None:
    values = found("[domain-name:value = 'a.example' OR process:name = 'x']")
    assert values.things == (("domain", "a.example"),)
    assert "process" in values.why


def test_alternatives_are_not_multiplied_without_end() -> None:
    one = "(" + " OR ".join(f"file:name = '{n}'" for n in range(30)) + ")"
    assert str(MAX_CLAUSES) in found(f"[{one} AND {one}]").why


@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused_and_never_an_error(text: str) -> None:
    for said in (text, f"[{text}]", f"[domain-name:value = '{text}']"):
        values = found(said)
        assert values.things or values.why


@given(value=st.text(min_size=1, max_size=60))
def test_a_quoted_value_is_read_as_it_was_meant(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    pattern = read_pattern(f"[x:y = '{quoted}']")
    assert [one.values for clause in pattern.clauses for one in clause] == [(value,)]


@pytest.mark.parametrize(
    ("one", "values"),
    [
        ({"type": "domain-name", "value": "a.example"}, Values((("domain", "a.example"),))),
        ({"type": "ipv4-addr", "value": "198.51.100.0/24"}, Values(why=NETWORK)),
        (
            {"type": "file", "hashes": {"SHA-256": HASH, "MD5": MD5}},
            Values((("hash", f"sha256:{HASH}"), ("hash", f"md5:{MD5}"))),
        ),
        (
            {"type": "user-account", "account_type": "email", "user_id": f"hmac:ring-1:{HASH}"},
            Values(hashed=(("email", "ring-1", HASH),)),
        ),
        (
            {"type": "user-account", "account_type": "OpenAI API", "account_login": "u1"},
            Values((("account", "openai-api:u1"),)),
        ),
    ],
)
def test_values_of_an_observable(one: dict[str, Any], values: Values) -> None:
    assert values_of_observable(one) == values


@pytest.mark.parametrize(
    "one",
    [
        {"type": "domain-name"},
        {"type": "domain-name", "value": 7},
        {"type": "file", "hashes": [HASH]},
        {"type": "file"},
        {"type": "user-account"},
        {"type": "user-account", "account_type": "x"},
        {"type": "mutex", "name": "x"},
    ],
)
def test_an_observable_without_a_value_says_so(one: dict[str, Any]) -> None:
    assert values_of_observable(one).things == ()
    assert values_of_observable(one).why


@pytest.mark.row(61)
@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({}, UNMARKED),
        *[({"object_marking_refs": [ref]}, level) for level, ref in MARKING.items()],
        *[({"object_marking_refs": [ref]}, level) for ref, level in OLD.items()],
        ({"object_marking_refs": [MARKING["clear"], MARKING["amber"]]}, "amber"),
        ({"object_marking_refs": ["marking-definition--0"]}, UNKNOWN),
        ({"object_marking_refs": ["licence", MARKING["green"]]}, "green"),
        ({"object_marking_refs": ["licence"]}, UNMARKED),
        ({"granular_markings": [{"marking_ref": MARKING["red"], "selectors": ["name"]}]}, "red"),
        ({"object_marking_refs": "odd", "granular_markings": [7]}, UNMARKED),
    ],
)
def test_the_strictest_mark_counts_and_what_nobody_explained_is_strict(
    fields: dict[str, Any], level: str
) -> None:
    assert tlp_of(fields, {"licence"}) == level


def _one(type: str = "indicator", **fields: Any) -> dict[str, Any]:
    base = {"type": type, "id": f"{type}--1", "pattern": "[domain-name:value = 'a.example']"}
    return base | fields


def test_rows_say_who_long_how_sure_and_what_for() -> None:
    chain = {"kill_chain_name": "online-operations-kill-chain", "phase_name": "acquiring-assets"}
    row, seen, mark = rows_of(
        [
            {"type": "domain-name", "id": "domain-name--1", "value": "a.example"},
            _one(
                name="One",
                description="Why",
                confidence=70,
                valid_until="2027-01-01T00:00:00Z",
                kill_chain_phases=[chain],
                object_marking_refs=["marking-definition--9"],
            ),
            {"type": "marking-definition", "id": "marking-definition--9"},
        ]
    )
    assert (row.number, row.heading, row.form, row.uid) == (1, "indicator", Form.DOMAIN,
                                                            "indicator--1")  # fmt: skip
    assert (row.confidence, row.opinion, row.phase.phase) == (70, "", "acquiring assets")
    assert row.until is not None
    assert row.until.year == 2027
    assert row.note == "One\nWhy"
    assert row.tags == (f"tlp:{UNMARKED}",), "its mark is no TLP"
    assert (seen.heading, seen.opinion) == ("domain-name", Opinion.SEED)
    assert (mark.things, mark.form) == ((), Form.TEXT)


@pytest.mark.parametrize(
    ("fields", "opinion", "confidence"),
    [
        ({"labels": ["investigation-seed"]}, Opinion.SEED, None),
        ({"indicator_types": ["benign"]}, Opinion.NEGATIVE, None),
        ({"indicator_types": ["benign", "unknown"]}, "", None),
        ({"confidence": 101}, "", None),
        ({"confidence": True}, "", None),
        ({"confidence": "high"}, "", None),
        ({"labels": 7, "indicator_types": {}, "kill_chain_phases": "x", "name": 7}, "", None),
        ({"confidence": 0}, "", 0),
    ],
)
def test_odd_fields_cost_no_row(
    fields: dict[str, Any], opinion: str, confidence: int | None
) -> None:
    (row,) = rows_of([_one(**fields)])
    assert (row.opinion, row.confidence) == (opinion, confidence)
    assert row.things == (("domain", "a.example"),)


def test_red_is_told_and_revoked_is_gone() -> None:
    red, gone = rows_of([_one(object_marking_refs=[MARKING[Tlp.RED.value]]), _one(revoked=True)])
    assert red.message == RED
    assert gone.gone


def test_a_bundle_an_envelope_and_a_signed_file_are_read_and_nothing_else() -> None:
    bundle = {"type": "bundle", "objects": [_one()]}
    signed = {"payload": base64.b64encode(json.dumps(bundle).encode()).decode()}
    for said in (bundle, {"objects": [_one()], "more": False}, signed):
        report = read_incoming(json.dumps(said).encode())
        assert (report.form, len(report.rows)) == ("stix", 1)
    for text in ("", "{", "{}", '{"objects": []}', '{"objects": [7]}', '{"payload": "!"}', "[1]"):
        assert objects_in(text) is None
    assert read_stix("a.example") is None
    many = json.dumps({"objects": [_one()] * 20_001})
    with pytest.raises(TooManyRowsError):
        read_stix(many)
