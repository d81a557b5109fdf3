"""What becomes of IntelMQ events, field by field, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adapters.reading import item, never_breaks, refusals, sample, told

TABLE: dict[str, list[Any]] = {
    "events.ndjson": [
        {
            "external_id": "event-53e8e49ed22808c83d23a2e02cd51a59361d9fc27358cbf943c26bb95250a3da",
            "platform": "web",
            "kind": "site",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "bank-login.example",
            "text": "Login page",
            "identifiers": {"ip": "203.0.113.80", "asn": "64496"},
            "urls": ["https://bank-login.example/confirm"],
            "objects": ["ip:203.0.113.80", "domain:bank-login.example", "asn:64496"],
            "attributes": {
                "intelmq": {
                    "classification.type": "phishing",
                    "classification.taxonomy": "fraud",
                    "feed.name": "Example Feed",
                    "feed.accuracy": 90.0,
                    "time.source": "2026-09-21T12:00:00+00:00",
                    "time.observation": "2026-09-21T12:30:00+00:00",
                    "source.url": "https://bank-login.example/confirm",
                    "source.fqdn": "bank-login.example",
                    "source.ip": "203.0.113.80",
                    "source.asn": 64496,
                    "source.geolocation.cc": "AT",
                    "event_description.text": "Login page",
                    "extra.screenshot": "s-17",
                }
            },
        },
        {
            "external_id": "event-e167840684b62bcd428a233b9efbf86e1dd9ec51a113bbc993d4b58065441a0a",
            "platform": "network",
            "kind": "report",
            "occurred_at": "2026-09-21T13:00:00+00:00",
            "objects": [
                "ip:192.0.2.55",
                "target-ip:198.51.100.1",
                "hash:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "handle:root",
            ],
            "attributes": {
                "intelmq": {
                    "classification.type": "brute-force",
                    "feed.name": "Sensor",
                    "time.observation": "2026-09-21T13:00:00+00:00",
                    "source.ip": "192.0.2.55",
                    "source.account": "root",
                    "destination.ip": "198.51.100.1",
                    "destination.port": 22,
                    "protocol.application": "ssh",
                    "malware.hash.sha256": (
                        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                    ),
                    "extra.attempts": 12,
                }
            },
        },
        {
            "external_id": "event-19829b6eb09caab9f4c24a999fac07a7be7b564c7f46006859efe968e5d69be6",
            "platform": "email",
            "kind": "report",
            "occurred_at": "2026-09-21T14:00:00+00:00",
            "objects": ["ip:192.0.2.17", "email:win@prize-mail.example"],
            "attributes": {
                "intelmq": {
                    "classification.type": "spam",
                    "feed.name": "Trap",
                    "time.source": "2026-09-21T14:00:00+00:00",
                    "source.ip": "192.0.2.17",
                    "source.account": "win@prize-mail.example",
                }
            },
        },
    ]
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("intelmq", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("intelmq")


def test_nested_and_flat_events_say_the_same() -> None:
    flat = {
        "classification.type": "phishing",
        "time.source": "2026-09-21T12:00:00+00:00",
        "source.ip": "192.0.2.1",
        "source.fqdn": "a.example",
        "extra.family": "x",
    }
    nested = {
        "classification": {"type": "phishing"},
        "time": {"source": "2026-09-21T12:00:00+00:00"},
        "source": {"ip": "192.0.2.1", "fqdn": "a.example"},
        "extra": {"family": "x"},
    }
    assert item("intelmq", nested) == item("intelmq", flat)


def test_a_line_that_was_collected_again_has_the_same_name() -> None:
    event = json.loads(sample("intelmq", "events.ndjson").splitlines()[0])
    again = event | {"time.observation": "2026-09-22T09:00:00+00:00", "raw": "YQ=="}
    first, second = item("intelmq", event), item("intelmq", again)
    assert (second["external_id"], second["occurred_at"]) == (
        first["external_id"],
        first["occurred_at"],
    )
    other = item("intelmq", event | {"source.ip": "192.0.2.2"})
    assert other["external_id"] != first["external_id"]


@pytest.mark.parametrize("type", ["phishing", "malware-distribution", "c2-server"])
def test_what_a_host_serves_is_an_act_of_that_site(type: str) -> None:
    event = {"classification.type": type, "time.source": "2026-09-21T12:00:00Z"}
    by_url = item("intelmq", event | {"source.url": "http://A.example/x"})
    by_ip = item("intelmq", event | {"source.ip": "192.0.2.9"})
    assert [(one["kind"], one["platform"], one["actor"]) for one in (by_url, by_ip)] == [
        ("site", "web", "a.example"),
        ("site", "web", "192.0.2.9"),
    ]
    nowhere = item("intelmq", event)
    assert (nowhere["kind"], "actor" in nowhere) == ("report", False)


@pytest.mark.parametrize(
    ("event", "place", "code"),
    [
        ({"classification.type": "phishing"}, "time.source", "required"),
        ({"time.source": "today"}, "time.source", "format"),
        ({"time.source": "2026-09-21T12:00:00"}, "time.source", "offset"),
        ({"time": {"observation": 5}}, "time.observation", "format"),
    ],
)
def test_an_event_that_says_no_time_is_refused(
    event: dict[str, Any], place: str, code: str
) -> None:
    assert refusals("intelmq", event) == [(place, code)]


def test_every_field_is_kept_but_the_feeds_own_line() -> None:
    event = json.loads(sample("intelmq", "events.ndjson").splitlines()[0])
    event |= {"output": {"x": 1}, "misp.event_uuid": "u", "colour": "red"}
    kept = item("intelmq", event)["attributes"]["intelmq"]
    assert set(event) - set(kept) == {"raw", "__type"}


def test_types_survive() -> None:
    event = {
        "time.source": "2026-09-21T12:00:00Z",
        "extra.number": 7,
        "extra.list": [1, 2.5, None],
        "source.tor_node": False,
    }
    kept = item("intelmq", event)["attributes"]["intelmq"]
    assert (kept["extra.number"], kept["extra.list"], kept["source.tor_node"]) == (
        7,
        [1, 2.5, None],
        False,
    )


def test_long_names_do_not_multiply() -> None:
    """A path is written for every field below it: a long one above many would be a bomb."""
    event = {
        "time.source": "2026-09-21T12:00:00Z",
        "extra": {"n" * 100_000: {f"k{n}": 1 for n in range(10_000)}},
    }
    found = item("intelmq", event)
    assert "extra" in found["attributes"]["intelmq"]
    assert found["attributes"]["truncated"]
