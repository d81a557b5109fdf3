"""What becomes of STIX 2.1 bundles, field by field, and what is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.adapters.reading import item, items, never_breaks, refusals, told

TABLE: dict[str, list[Any]] = {
    "bundle.json": [
        {
            "external_id": "observed-data--00000001-0000-4000-8000-000000000000",
            "platform": "web",
            "kind": "site",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "bank-login.example",
            "urls": ["https://bank-login.example/confirm"],
            "objects": ["domain:bank-login.example", "ip:203.0.113.80"],
            "attributes": {
                "stix": {
                    "author": "Example CERT",
                    "missing": ["file--00000009-0000-4000-8000-000000000000"],
                    "observables": [
                        {
                            "type": "domain-name",
                            "resolves_to_refs": ["ipv4-addr--00000001-0000-4000-8000-000000000000"],
                        }
                    ],
                    "created_by_ref": "identity--00000001-0000-4000-8000-000000000000",
                    "created": "2026-09-21T12:10:00.000Z",
                    "modified": "2026-09-21T12:10:00.000Z",
                    "last_observed": "2026-09-21T12:05:00Z",
                    "number_observed": 5,
                    "labels": ["phishing"],
                }
            },
        },
        {
            "external_id": "observed-data--00000002-0000-4000-8000-000000000000",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-21T11:00:00+00:00",
            "actor": "notice@parcel-fee.example",
            "text": "Your parcel\n\nPay at https://parcel-fee.example/pay",
            "objects": [
                "subject:Your parcel",
                "target:ada@desk.example",
                "email:Notice@parcel-fee.example",
                "file-name:fee.pdf",
                "hash:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ],
            "attributes": {
                "stix": {
                    "observables": [
                        {
                            "type": "email-message",
                            "is_multipart": False,
                            "date": "2026-09-21T11:00:00Z",
                        },
                        {"type": "email-addr", "display_name": "Parcel desk"},
                        {"type": "file", "size": 9},
                    ],
                    "created": "2026-09-21T12:10:00.000Z",
                    "modified": "2026-09-21T12:10:00.000Z",
                    "last_observed": "2026-09-21T11:00:00Z",
                    "number_observed": 1,
                }
            },
        },
        {
            "external_id": "observed-data--00000003-0000-4000-8000-000000000000",
            "platform": "stix",
            "kind": "report",
            "occurred_at": "2026-09-21T10:00:00+00:00",
            "objects": ["account:twitter:rosa", "ip:203.0.113.80", "target-ip:198.51.100.1"],
            "attributes": {
                "stix": {
                    "observables": [
                        {"type": "user-account", "display_name": "Rosa"},
                        {"type": "network-traffic", "protocols": ["tcp"], "dst_port": 22},
                    ],
                    "created": "2026-09-21T12:10:00.000Z",
                    "modified": "2026-09-21T12:10:00.000Z",
                    "last_observed": "2026-09-21T10:00:00Z",
                    "number_observed": 1,
                }
            },
        },
        "objects.14.type: is indicator; only observed-data and what it refers to is read",
    ],
    "old.json": ["spec_version: is 2.0; only STIX 2.1 is read, convert it first"],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("stix", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("stix")


def observed(*names: str, **fields: Any) -> dict[str, Any]:
    """An observed-data that refers to `names`."""
    base = {
        "type": "observed-data",
        "id": "observed-data--1",
        "first_observed": "2026-09-21T12:00:00Z",
        "last_observed": "2026-09-21T12:00:00Z",
        "number_observed": 1,
        "object_refs": list(names),
    }
    return base | fields


def bundle(*objects: dict[str, Any]) -> dict[str, Any]:
    """A bundle of objects."""
    return {"type": "bundle", "id": "bundle--1", "objects": list(objects)}


@pytest.mark.parametrize(
    ("sco", "objects"),
    [
        ({"type": "ipv6-addr", "value": "2001:db8::1"}, ["ip:2001:db8::1"]),
        ({"type": "autonomous-system", "number": 64496, "name": "Example"}, ["asn:64496"]),
        ({"type": "mac-addr", "value": "d2:fb:49:24:37:18"}, ["mac:d2:fb:49:24:37:18"]),
        ({"type": "software", "name": "Word"}, ["software:Word"]),
        ({"type": "windows-registry-key", "key": "hkey\\a"}, ["registry-key:hkey\\a"]),
        ({"type": "x509-certificate", "serial_number": "36:f7"}, ["certificate:36:f7"]),
        ({"type": "artifact", "hashes": {"MD5": "a" * 31 + "1"}}, ["hash:" + "a" * 31 + "1"]),
        ({"type": "user-account", "user_id": "17"}, ["account:unknown:17"]),
        ({"type": "x-wallet", "value": "w1"}, ["x-wallet:w1"]),
    ],
)
def test_every_observable_becomes_an_object(sco: dict[str, Any], objects: list[str]) -> None:
    found = item("stix", bundle(observed("o--1"), {"id": "o--1", **sco}))
    assert (found["kind"], found["objects"]) == ("report", objects)


def test_links_of_two_hosts_are_a_report_because_nobody_is_the_actor() -> None:
    urls = [{"type": "url", "id": f"url--{n}", "value": f"https://a{n}.example/"} for n in (1, 2)]
    found = item("stix", bundle(observed("url--1", "url--2"), *urls))
    assert (found["kind"], "actor" in found, len(found["urls"])) == ("report", False, 2)


def test_more_observables_than_a_signal_holds_go_on_in_its_group() -> None:
    many = [
        {"type": "ipv4-addr", "id": f"i--{n}", "value": f"192.0.2.{n % 256}", "n": n}
        for n in range(256)
    ]
    names = [str(one["id"]) for one in many]
    group = items("stix", bundle(observed(*names), *many))
    assert [one["external_id"] for one in group] == [
        "observed-data--1",
        "observed-data--1#2",
        "observed-data--1#3",
    ]
    assert sum(len(one["objects"]) for one in group) == 256


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"type": "bundle"}, [("objects", "required")]),
        ({"objects": {}}, [("objects", "type")]),
        (bundle(observed()), [("objects.0.object_refs", "required")]),
        (bundle(observed("x--1")), [("objects.0.object_refs", "missing")]),
        (
            bundle({"type": "url", "id": "url--1", "value": "https://a.example/"}),
            [("objects.0", "required")],
        ),
        (bundle({"type": "threat-actor", "id": "t"}), [("objects.0.type", "choice")]),
        (bundle({"type": "identity", "id": "i"}), []),
        (
            bundle(observed("u", first_observed=None), {"type": "url", "id": "u", "value": "x"}),
            [("objects.0.first_observed", "required")],
        ),
        (
            bundle({"type": "observed-data", "id": "o", "objects": {"0": {"type": "url"}}}),
            [("objects.0.objects", "choice")],
        ),
        (
            bundle(observed("u", number_observed=1), {"type": "url", "id": "u"}),
            [("objects.1.value", "required"), ("objects.1", "required")],
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    body: dict[str, Any], places: list[tuple[str, str]]
) -> None:
    assert refusals("stix", body) == places


def test_a_large_observable_is_read_once_however_many_refer_to_it() -> None:
    large = {
        "type": "email-message",
        "id": "m",
        "body": "x" * 2_000_000,
        "extra": {f"k{n}": "y" * 100 for n in range(10_000)},
    }
    many = [observed("m", id=f"observed-data--{n}") for n in range(1_000)]
    started = time.process_time()
    found = items("stix", bundle(large, *many))
    assert time.process_time() - started < 10
    assert len(found) == 1_000


def test_unknown_fields_of_both_are_kept() -> None:
    url = {"type": "url", "id": "u", "value": "https://a.example/", "x_score": 7}
    found = item("stix", bundle(observed("u", x_note="n"), url))
    kept = found["attributes"]["stix"]
    assert kept["x_note"] == "n"
    assert kept["observables"] == [{"type": "url", "x_score": 7}]
