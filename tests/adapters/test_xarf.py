"""What becomes of X-ARF reports, field by field, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.reading import item, loaded, never_breaks, outcomes, refusals, sample, told

TABLE: dict[str, list[Any]] = {
    "mail.eml": [
        {
            "external_id": "xarf-7f0c9a52-0a10-4c34-9f26-6f0d6b1c2e03",
            "platform": "network",
            "kind": "report",
            "occurred_at": "2026-09-21T12:09:00+00:00",
            "objects": ["domain:scanner.example", "target-ip:198.51.100.9"],
            "attributes": {
                "report_type": "connection/login_attack",
                "xarf": {"protocol": "tcp", "first_seen": "2026-09-21T12:00:00Z"},
            },
        }
    ],
    "phishing.json": [
        {
            "external_id": "xarf-7f0c9a52-0a10-4c34-9f26-6f0d6b1c2e01",
            "platform": "web",
            "kind": "report",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "text": "A copy of the bank's login page.",
            "urls": [
                "https://bank-login.example/confirm",
                "https://collect.example/post",
                "https://short.example/a",
            ],
            "objects": [
                "ip:203.0.113.80",
                "domain:bank-login.example",
                "brand:Example Bank",
                "hash:sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ],
            "attributes": {
                "report_type": "content/phishing",
                "xarf": {
                    "evidence": [
                        {
                            "content_type": "text/plain",
                            "description": "page title",
                            "digest": (
                                "9d6322c1f4d9d3f38aed8bfbe0b2bcadf66ad82c008476fa62541fa069138e94"
                            ),
                            "text": "Login",
                        },
                        {
                            "content_type": "image/png",
                            "description": "screenshot",
                            "hash": "md5:00",
                            "digest": (
                                "823ceb99fcef5252333ede1b2202341c3b287b6d47571963e6b0ddf393a24f82"
                            ),
                        },
                    ],
                    "reporter": {
                        "org": "Brand Watch",
                        "contact": "reports@brand-watch.example",
                        "domain": "brand-watch.example",
                    },
                    "sender": {
                        "org": "Brand Watch",
                        "contact": "reports@brand-watch.example",
                        "domain": "brand-watch.example",
                    },
                    "source_port": 443,
                    "evidence_source": "crawler",
                    "confidence": 0.9,
                    "tags": ["campaign:autumn"],
                },
            },
        }
    ],
    "spam.json": [
        {
            "external_id": "xarf-7f0c9a52-0a10-4c34-9f26-6f0d6b1c2e02",
            "platform": "email",
            "kind": "report",
            "occurred_at": "2026-09-21T10:05:00+00:00",
            "text": "Win a prize",
            "objects": [
                "ip:192.0.2.17",
                "target:trap@trap.example",
                "report-target:email:win@prize-mail.example",
                "account:email:win@prize-mail.example",
            ],
            "attributes": {
                "report_type": "messaging/spam",
                "xarf": {
                    "evidence": [
                        {
                            "content_type": "message/rfc822",
                            "description": "the mail",
                            "digest": (
                                "bb9549fb839026a8e87e35502e8de267d1b913e3ca36c2a386d43787a95f9338"
                            ),
                        }
                    ],
                    "reporter": {
                        "org": "Trap",
                        "contact": "t@trap.example",
                        "domain": "trap.example",
                    },
                    "sender": {
                        "org": "Trap",
                        "contact": "t@trap.example",
                        "domain": "trap.example",
                    },
                    "protocol": "smtp",
                },
            },
        },
        {
            "external_id": "mail-win-3@prize-mail.example-1651d2b5f303e874",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-21T10:00:00+00:00",
            "actor": "win@prize-mail.example",
            "text": "Win a prize\n\nWin now",
            "actor_profile": {"handle": "win@prize-mail.example"},
            "identifiers": {"email": "win@prize-mail.example"},
            "objects": ["subject:Win a prize"],
            "attributes": {
                "xarf": {
                    "headers": [
                        "From: win@prize-mail.example",
                        "Date: Mon, 21 Sep 2026 10:00:00 +0000",
                        "Message-ID: <win-3@prize-mail.example>",
                        "Subject: Win a prize",
                    ]
                }
            },
        },
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("xarf", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("xarf")


@pytest.mark.parametrize(
    ("fields", "place", "code"),
    [
        ({"xarf_version": None}, "xarf_version", "choice"),
        ({"xarf_version": None, "Version": "3"}, "Version", "choice"),
        ({"category": "noise"}, "category", "choice"),
        ({"category": None}, "category", "required"),
        ({"report_id": None}, "report_id", "required"),
        ({"timestamp": None}, "timestamp", "required"),
        ({"timestamp": "2026-09-21T12:00:00"}, "timestamp", "offset"),
        ({"source_identifier": {}}, "source_identifier", "type"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    fields: dict[str, Any], place: str, code: str
) -> None:
    report = loaded("xarf", "phishing.json") | fields
    assert refusals("xarf", report) == [(place, code)]
    assert refusals("xarf", [report]) == [(f"0.{place}", code)]


@pytest.mark.parametrize(
    ("source", "objects"),
    [
        ("192.0.2.1", "ip:192.0.2.1"),
        ("2001:db8::1", "ip:2001:db8::1"),
        ("bad.example", "domain:bad.example"),
        ("a@bad.example", "email:a@bad.example"),
        ("https://bad.example:8443/x", "url:https://bad.example:8443/x"),
        ("AS64496 !", "source:AS64496 !"),
    ],
)
def test_the_source_is_what_it_looks_like(source: str, objects: str) -> None:
    report = loaded("xarf", "phishing.json") | {"source_identifier": source}
    assert item("xarf", report)["objects"][0] == objects


@pytest.mark.parametrize(
    ("category", "protocol", "platform"),
    [
        ("messaging", "smtp", "email"),
        ("messaging", "whatsapp", "whatsapp"),
        ("messaging", None, "email"),
        ("copyright", None, "web"),
        ("connection", "tcp", "network"),
        ("reputation", None, "network"),
    ],
)
def test_the_category_says_where_it_happened(
    category: str, protocol: str | None, platform: str
) -> None:
    report = loaded("xarf", "phishing.json") | {"category": category, "protocol": protocol}
    assert item("xarf", report)["platform"] == platform


def test_marks_of_the_types_become_objects() -> None:
    report = loaded("xarf", "phishing.json") | {
        "file_hashes": {"sha256": "b" * 63 + "1"},
        "cryptocurrency_addresses": [
            {"currency": "btc", "address": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"}
        ],
        "c2_servers": [{"address": "192.0.2.44", "port": 443}],
        "c2_server": "c2.example",
        "related_domains": ["two.example"],
    }
    found = item("xarf", report)["objects"]
    assert {
        "hash:" + "b" * 63 + "1",
        "wallet:1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "ip:192.0.2.44",
        "domain:c2.example",
        "domain:two.example",
    } <= set(found)


def test_what_is_internal_is_left_out() -> None:
    kept = item("xarf", loaded("xarf", "phishing.json"))["attributes"]["xarf"]
    assert "_internal" not in kept


def test_evidence_that_is_no_mail_does_not_cost_the_report() -> None:
    report = loaded("xarf", "spam.json")
    report["evidence"][0]["payload"] = "bm8gbWFpbA=="
    assert [type(one).__name__ for one in outcomes("xarf", report)] == ["Item", "Refusal"]
    assert refusals("xarf", report) == [("evidence.0.payload", "format")]


def test_evidence_of_another_shape_stays_as_it_is() -> None:
    report = loaded("xarf", "phishing.json") | {"evidence": ["a", 5]}
    assert item("xarf", report)["attributes"]["xarf"]["evidence"] == ["a", 5]


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        (b"application/json; name=xarf.json", b"text/x; name=a", "body", "format"),
        (b"eyJ4YXJm", b"IyMjeyJ4", "body.part 3", "json"),
    ],
)
def test_a_mail_without_a_report_is_refused(old: bytes, new: bytes, place: str, code: str) -> None:
    raw = sample("xarf", "mail.eml").replace(old, new).replace(b"filename=xarf.json", b"filename=a")
    assert refusals("xarf", raw) == [(place, code)]


def test_unknown_fields_are_kept() -> None:
    report = loaded("xarf", "phishing.json") | {"new_field": [1, {"a": 2}]}
    assert item("xarf", report)["attributes"]["xarf"]["new_field"] == [1, {"a": 2}]
