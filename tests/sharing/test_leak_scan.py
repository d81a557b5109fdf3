"""The scan of what would leave: it finds what is withheld in any spelling, and never gives up."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.sharing import hmacs, stix
from cases.sharing.leaks import Told, leaks, marks_of
from tests.sharing.made import KEY

MAIL = "eve.mule@mail.example"
HIDDEN = [("email", MAIL)]


def _json(text: str) -> bytes:
    return json.dumps({"objects": [{"name": "x", "description": text}]}).encode()


def _table(text: str) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([["type", "value"], ["domain", text]])
    return out.getvalue().encode()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in a sentence": lambda text: f"Ask ({text}), he knows.",
    "percent encoded": lambda text: quote(text, safe=""),
    "encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "base64": _base64,
    "base64 without its end": lambda text: _base64(text).rstrip("="),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "in a sentence as base64": lambda text: f"see {_base64(f'to {text} now')} there",
    "defanged": lambda text: text.replace("@", "[at]").replace(".", "[.]"),
    "in brackets": lambda text: f"<{text}>",
    "at an end of line": lambda text: f"write to\n{text}\nsoon",
    "md5": lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
    "sha1": lambda text: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "sha512 in capitals": lambda text: hashlib.sha512(text.encode()).hexdigest().upper(),
}


@pytest.mark.parametrize("body", [_json, _table, str.encode])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_withheld_mail_is_found_however_it_is_spelled_in_every_format(
    body: Callable[[str], bytes], spelling: str
) -> None:
    assert leaks(Told.read(body(SPELLINGS[spelling](MAIL))), HIDDEN) == HIDDEN
    other = SPELLINGS[spelling]("eva.mule@mail.example")
    assert leaks(Told.read(body(other)), HIDDEN) == []


@pytest.mark.parametrize(
    ("text", "withheld"),
    [
        ("xeve.mule@mail.example", ("email", MAIL)),
        ("eve.mule@mail.examples", ("email", MAIL)),
        ("annabel", ("handle", "anna")),
        ("a jo b", ("handle", "jo")),
        ("4915112345678901", ("phone", "+4915112345678")),
        ("nothing", ("email", "")),
        ("short", ("text", "short line\nother")),
    ],
)
def test_a_part_of_a_longer_word_is_no_leak(text: str, withheld: tuple[str, str]) -> None:
    assert leaks(Told.read(_json(text)), [withheld]) == []


@pytest.mark.parametrize(
    ("text", "withheld"),
    [
        ("anna!", ("handle", "anna")),
        ("jo", ("handle", "jo")),
        ("crew_77", ("account", "tiktok:crew_77")),
        ("tiktok:crew_77", ("account", "tiktok:crew_77")),
        ("call 4915112345678", ("phone", "+4915112345678")),
        ("a line of it", ("text", "first of all\na line of it\nend")),
        ("\u00c9VE\u4e2d", ("handle", "\u00e9ve\u4e2d")),
        ("a.b*c", ("handle", "a.b*c")),
        ("(((", ("handle", "(((")),
    ],
)
def test_the_parts_that_name_it_are_leaks(text: str, withheld: tuple[str, str]) -> None:
    assert leaks(Told.read(_json(text)), [withheld]) == [withheld]


def test_each_leak_is_named_once_and_in_the_order_it_was_asked_for() -> None:
    asked = [("handle", "zoe-z"), ("handle", "anna"), ("handle", "zoe-z"), ("handle", "mia-m")]
    told = Told.read(_json("anna and zoe-z"))
    assert leaks(told, asked) == [("handle", "zoe-z"), ("handle", "anna")]


@pytest.mark.parametrize("type", ["domain-name", "url", "email-addr", "ipv4-addr", "ipv6-addr"])
def test_the_id_that_anybody_computes_for_a_withheld_value_is_a_leak(type: str) -> None:
    id = stix.observable_id(type, {"value": MAIL})
    assert leaks(Told.read(json.dumps({"ref": id}).encode()), HIDDEN) == HIDDEN


@pytest.mark.parametrize(
    "properties",
    [
        {"account_type": "tiktok", "user_id": "crew_77"},
        {"account_type": "account", "user_id": "tiktok:crew_77"},
        {"user_id": "tiktok:crew_77"},
    ],
)
def test_the_id_of_a_withheld_account_is_a_leak_in_each_form(properties: dict[str, str]) -> None:
    withheld = [("account", "tiktok:crew_77")]
    id = stix.observable_id("user-account", properties)
    assert leaks(Told.read(json.dumps([id]).encode()), withheld) == withheld


def test_the_keyed_hash_of_a_value_is_none_and_its_plain_hash_is() -> None:
    sealed = hmacs.sealed(KEY, "email", MAIL)
    assert leaks(Told.read(_json(sealed)), HIDDEN) == []
    id = stix.observable_id("user-account", {"account_type": "email", "user_id": sealed})
    assert leaks(Told.read(_json(id)), HIDDEN) == []
    assert hashlib.sha256(MAIL.encode()).hexdigest() in set(marks_of("email", MAIL))
    assert sealed.rpartition(":")[2] not in set(marks_of("email", MAIL))


def test_names_of_members_are_ours_and_no_leak() -> None:
    told = Told.read(json.dumps({"spec_version": "2.1", "value": ["x"]}).encode())
    assert leaks(told, [("handle", "value"), ("handle", "spec_version")]) == []


def test_values_are_searched_however_deep_they_lie() -> None:
    deep: Any = MAIL
    for _ in range(50):
        deep = {"a": [1, None, True, deep]}
    assert leaks(Told.read(json.dumps(deep).encode()), HIDDEN) == HIDDEN


@pytest.mark.parametrize("body", [b"", b"a\rb " + MAIL.encode(), b"\xff\xfe", b'"', b"\x00,"])
def test_what_is_neither_json_nor_a_table_is_searched_as_text(body: bytes) -> None:
    assert leaks(Told.read(body), HIDDEN) == (HIDDEN if b"mule" in body else [])


def test_a_cell_that_is_longer_than_tables_have_is_searched_too() -> None:
    body = b"x " * 100_000 + MAIL.encode()
    assert leaks(Told.read(body), HIDDEN) == HIDDEN


@given(st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_and_no_value_make_the_scan_give_up(body: bytes, value: str) -> None:
    told = Told.read(body)
    for type in ("email", "account", "phone", "text"):
        assert leaks(told, [(type, value)]) in ([], [(type, value)])


@given(
    before=st.text("abc .,;(", max_size=10),
    value=st.from_regex(r"[a-z]{3,8}@[a-z]{3,8}\.example", fullmatch=True),
    after=st.text("abc .,;)", max_size=10),
)
def test_a_value_between_blanks_is_always_found(before: str, value: str, after: str) -> None:
    for body in (_json, _table):
        told = Told.read(body(f"{before} {value} {after}"))
        assert leaks(told, [("email", value)]) == [("email", value)]
