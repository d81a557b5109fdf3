"""What becomes of TheHive alerts, field by field, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.adapters.base import Item
from detectors.entities import mentioned
from detectors.schema import SignalIn
from tests.adapters.reading import (
    as_signal,
    item,
    items,
    judged,
    loaded,
    never_breaks,
    refusals,
    told,
)

TABLE: dict[str, list[Any]] = {
    "alert.json": [
        {
            "external_id": "alert-23776e6eb82b1680057aabaee9e7c979d7c5000c5c30edddd3a9b169e507e19c",
            "platform": "thehive",
            "kind": "report",
            "occurred_at": "2026-09-21T14:13:20+00:00",
            "text": "Parcel phishing wave\n\nForty users got the same mail.",
            "urls": ["https://parcel-fee.example/pay"],
            "objects": [
                "domain:parcel-fee.example",
                "ip:203.0.113.25",
                "email:notice@parcel-fee.example",
                "hash:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "file-name:fee.pdf",
                "other-thing:something with a break",
            ],
            "attributes": {
                "thehive": {
                    "type": "phishing",
                    "source": "mail-gateway",
                    "sourceRef": "gw-2026-0917",
                    "observables": [
                        {
                            "data": "https://parcel-fee.example/pay",
                            "ioc": True,
                            "tags": ["landing"],
                        },
                        {"data": "203.0.113.25", "message": "relay"},
                        {"data": "fee.pdf", "attachment": {"id": "abc"}},
                    ],
                    "externalLink": "https://gateway.example/alerts/0917",
                    "severity": 3,
                    "tlp": 2,
                    "pap": 1,
                    "tags": ["parcel", "wave:2"],
                    "flag": True,
                    "customFields": [{"name": "campaign", "value": "autumn"}],
                }
            },
        }
    ],
    "undated.json": [
        {
            "external_id": "alert-c9e57a4e166f92d36f1326f5110e7d4dd51c76461c3edf3e111dbf67e46e0870",
            "platform": "thehive",
            "kind": "report",
            "text": "A tip\n\nFrom a caller.",
            "attributes": {
                "thehive": {"type": "manual", "source": "analyst", "sourceRef": "note-1"}
            },
        }
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("thehive", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("thehive")


def test_every_observable_is_an_entity_also_far_above_the_limits_of_one_signal() -> None:
    alert = loaded("thehive", "alert.json")
    addresses = [f"198.51.{n // 256}.{n % 256}" for n in range(250)]
    links = [f"https://a{n}.example/" for n in range(120)]
    alert["observables"] = [{"dataType": "ip", "data": one} for one in addresses]
    alert["observables"] += [{"dataType": "url", "data": one} for one in links]
    group = items("thehive", alert)
    first = group[0]["external_id"]
    assert [one["external_id"] for one in group] == [first, f"{first}#2", f"{first}#3"]
    assert {one["occurred_at"] for one in group} == {group[0]["occurred_at"]}
    signals = [judged(Item(one)) for one in group]
    assert all(isinstance(one, SignalIn) for one in signals)
    said = [url for one in group for url in one.get("urls", [])]
    assert said == links
    assert [name for one in group for name in one.get("objects", [])] == [
        f"ip:{one}" for one in addresses
    ]
    assert group[2]["attributes"] == {"group": first, "part": 3}


def test_every_observable_reaches_the_entities_of_the_signal() -> None:
    alert = item("thehive", loaded("thehive", "alert.json"))
    found = mentioned(as_signal(alert))
    assert {(one.type, one.value) for one in found} >= {
        ("url", "https://parcel-fee.example/pay"),
        ("domain", "parcel-fee.example"),
        ("ip", "203.0.113.25"),
        ("email", "notice@parcel-fee.example"),
        ("hash", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("file-name", "fee.pdf"),
        ("other-thing", "something with a break"),
    }


def test_an_observable_that_is_no_address_becomes_an_object_instead_of_a_dead_link() -> None:
    alert = loaded("thehive", "alert.json")
    alert["observables"] = [{"dataType": "url", "data": "see attachment"}]
    found = item("thehive", alert)
    assert "urls" not in found
    assert found["objects"] == ["url:see attachment"]


def test_an_observable_may_have_several_values() -> None:
    alert = loaded("thehive", "undated.json")
    alert["observables"] = [{"dataType": "domain", "data": ["a.example", "b.example"]}]
    assert item("thehive", alert)["objects"] == ["domain:a.example", "domain:b.example"]


def test_the_triple_names_an_alert_whatever_else_it_says() -> None:
    alert = loaded("thehive", "alert.json")
    first = item("thehive", alert)["external_id"]
    alert |= {"date": 1790000999000, "title": "Another title", "observables": []}
    assert item("thehive", alert)["external_id"] == first
    for name in ("type", "source", "sourceRef"):
        assert item("thehive", alert | {name: "other"})["external_id"] != first


def test_parts_of_the_triple_cannot_run_into_each_other() -> None:
    alert = loaded("thehive", "undated.json")
    one = item("thehive", alert | {"type": "ab", "source": "c"})
    two = item("thehive", alert | {"type": "a", "source": "bc"})
    assert one["external_id"] != two["external_id"]


@pytest.mark.parametrize("name", ["type", "source", "sourceRef", "title", "description"])
def test_a_missing_field_is_refused_by_name(name: str) -> None:
    alert = loaded("thehive", "alert.json")
    del alert[name]
    assert refusals("thehive", alert) == [(name, "required")]
    assert refusals("thehive", [alert]) == [(f"0.{name}", "required")]


@pytest.mark.parametrize(
    ("fields", "place", "code"),
    [
        ({"title": ["a"]}, "title", "type"),
        ({"date": "yesterday"}, "date", "type"),
        ({"date": 1e300}, "date", "range"),
        ({"observables": "none"}, "observables", "type"),
        ({"observables": [{"dataType": "ip"}]}, "observables.0.data", "required"),
        ({"observables": [{"data": "x"}]}, "observables.0.dataType", "required"),
        (
            {"observables": [{"dataType": "file", "attachment": {"id": "x"}}]},
            "observables.0.attachment.name",
            "required",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    fields: dict[str, Any], place: str, code: str
) -> None:
    assert refusals("thehive", loaded("thehive", "alert.json") | fields) == [(place, code)]


def test_unknown_fields_are_kept() -> None:
    alert = loaded("thehive", "undated.json") | {"newField": {"deep": [1, "two"]}}
    assert item("thehive", alert)["attributes"]["thehive"]["newField"] == {"deep": [1, "two"]}


def test_twenty_alerts_in_one_body_are_twenty_reports() -> None:
    alert = loaded("thehive", "alert.json")
    many = [alert | {"sourceRef": f"ref-{n}"} for n in range(20)]
    found = items("thehive", many)
    assert len({one["external_id"] for one in found}) == 20
