"""What can stand on the watch list, how it is written there, and in which signals it is found."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.base import Signal
from detectors.choices import WatchType
from detectors.entities import mentioned
from detectors.watching.things import TYPES, guessed, listed_form, things_of


def test_the_choices_are_the_types() -> None:
    assert tuple(WatchType.values) == TYPES


@pytest.mark.parametrize(
    ("raw", "thing"),
    [
        ("hxxps://Evil[.]example/a", ("url", "https://evil.example/a")),
        ("evil[.]example", ("domain", "evil.example")),
        (" evil.example ", ("domain", "evil.example")),
        ("login.evil.example", ("domain", "login.evil.example")),
        ("198.51.100[.]7", ("ip", "198.51.100.7")),
        ("2001:db8::7", ("ip", "2001:db8::7")),
        ("Ada+x@Evil.example", ("email", "ada@evil.example")),
        ("@spam_er", ("handle", "spam_er")),
        ("d41d8cd98f00b204e9800998ecf8427e", ("hash", "md5:d41d8cd98f00b204e9800998ecf8427e")),
        ("+49 30 901820", ("phone", "+4930901820")),
        ("buy at evil.example and evil.test", None),
        ("hello", None),
        ("", None),
        ("." * 5_000, None),
    ],
)
def test_a_pasted_line_is_what_it_looks_like(raw: str, thing: tuple[str, str] | None) -> None:
    assert guessed(raw) == thing


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("account", "x:Ada", "x:Ada"),
        ("account", "Ada", None),
        ("account", "X:ada", None),
        ("fingerprint", "HMAC:Ab-1", "hmac:ab-1"),
        ("fingerprint", "f" * 501, None),
        ("domain", "not a domain", None),
        ("wallet", "0x1", None),
        ("colour", "red", None),
    ],
)
def test_a_value_has_one_form_on_the_list(kind: str, raw: str, value: str | None) -> None:
    assert listed_form(kind, raw) == value


def _things(**fields: Any) -> set[tuple[str, str]]:
    signal = Signal(id=1, at=1.0, platform="x", kind="post", actor="Ada", **fields)
    return things_of(signal, mentioned(signal)) - {("account", "x:Ada")}


def test_a_link_is_found_by_itself_by_its_host_and_by_what_lies_above() -> None:
    assert _things(raw_urls=("https://a.b.evil.co.uk/x?y=1",)) == {
        ("url", "https://a.b.evil.co.uk/x?y=1"),
        ("domain", "a.b.evil.co.uk"),
        ("domain", "b.evil.co.uk"),
        ("domain", "evil.co.uk"),
    }


def test_identifiers_and_sketches_are_compared_with_fingerprints() -> None:
    found = _things(
        identifier_map={"device": "hmac:Device-0001-abcdef", "ip": "198.51.100.7"},
        fingerprints=("afp1:K:1:20:QUJD", "f" * 4_000),
    )
    assert found == {
        ("fingerprint", "hmac:device-0001-abcdef"),
        ("fingerprint", "afp1:k:1:20:qujd"),
        ("ip", "198.51.100.7"),
    }


def test_the_actor_can_be_listed() -> None:
    signal = Signal(id=1, at=1.0, platform="x", kind="post", actor="Ada")
    assert things_of(signal, mentioned(signal)) == {("account", "x:Ada")}


def test_a_host_of_a_hundred_labels_costs_no_more_than_eight() -> None:
    host = ".".join(["a"] * 100) + ".evil.example"
    assert len([one for one in _things(raw_urls=(f"https://{host}/",)) if one[0] == "domain"]) <= 9
