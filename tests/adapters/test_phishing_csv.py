"""What becomes of lists of phishing pages, field by field, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.adapters.registry import get
from tests.adapters.reading import item, never_breaks, outcomes, refusals, told

TABLE: dict[str, list[Any]] = {
    "openphish.csv": [
        {
            "external_id": (
                "openphish-f14d0823b245f9c30d1f11a6479cf5dd264c30ab82fb2befcffd8b54f9da40d7"
            ),
            "platform": "web",
            "kind": "site",
            "occurred_at": "2026-09-21T12:20:00+00:00",
            "actor": "bank-login.example",
            "identifiers": {"ip": "203.0.113.80", "asn": "64496"},
            "urls": ["https://bank-login.example/confirm"],
            "objects": ["brand:Example Bank"],
            "attributes": {
                "phishing-csv": {
                    "asn_name": "Example Net",
                    "country_code": "AT",
                    "host": "bank-login.example",
                    "discover_time": "21-09-2026 12:20:00 UTC",
                    "sector": "Financial",
                }
            },
        },
        {
            "external_id": (
                "openphish-daf6549e2a48a20578b49af9e971ab0adceab0f4dcda31040986ed40061c319b"
            ),
            "platform": "web",
            "kind": "site",
            "occurred_at": "2026-09-21T12:30:00+00:00",
            "actor": "192.0.2.99",
            "identifiers": {"ip": "192.0.2.99", "asn": "64497"},
            "urls": ["http://192.0.2.99/a"],
            "objects": ["brand:Example Post"],
            "attributes": {"phishing-csv": {"host": "192.0.2.99", "sector": "Logistics"}},
        },
    ],
    "phishtank.csv": [
        {
            "external_id": "phishtank-9100001",
            "platform": "web",
            "kind": "site",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "bank-login.example",
            "urls": ["https://bank-login.example/confirm?a=1"],
            "objects": ["brand:Example Bank"],
            "attributes": {
                "phishing-csv": {
                    "phish_detail_url": (
                        "https://phishtank.example/phish_detail.php?phish_id=9100001"
                    ),
                    "verified": "yes",
                    "verification_time": "2026-09-21T12:10:00+00:00",
                    "online": "yes",
                }
            },
        },
        {
            "external_id": "phishtank-9100002",
            "platform": "web",
            "kind": "site",
            "occurred_at": "2026-09-21T12:01:00+00:00",
            "actor": "parcel-fee.example",
            "urls": ["https://parcel-fee.example/pay,now"],
            "objects": ["brand:Other"],
            "attributes": {
                "phishing-csv": {
                    "phish_detail_url": (
                        "https://phishtank.example/phish_detail.php?phish_id=9100002"
                    ),
                    "verified": "yes",
                    "verification_time": "2026-09-21T12:11:00+00:00",
                    "online": "yes",
                }
            },
        },
        "line 4.submission_time: must be a date and time, as in 2026-01-31T12:00:00Z",
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("phishing-csv", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("phishing-csv")


HEAD = b"phish_id,url,submission_time,target\n"


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (b"", [("line 1", "format")]),
        (b"https://a.example/\nhttps://b.example/\n", [("line 1", "format")]),
        (b"phish_id,url\n", [("line 1", "format")]),
        (b"url,url,isotime\n", [("line 1", "format")]),
        (b"url,isotime," + b"x" * 101 + b"\n", [("line 1", "format")]),
        (b"url,isotime" + b",c" * 300 + b"\n", [("line 1", "format")]),
        (HEAD + b"1,not a link,2026-09-21T12:00:00Z,x\n", [("line 2.url", "format")]),
        (HEAD + b"1,,2026-09-21T12:00:00Z,x\n", [("line 2.url", "required")]),
        (HEAD + b"1,https://a.example/,,x\n", [("line 2.submission_time", "required")]),
        (HEAD + b"1,https://a.example/,2026-09-21,x\n", [("line 2.submission_time", "offset")]),
        (HEAD + b"1,https://a.example/,2026-09-21T12:00:00Z,x,y\n", [("line 2", "size")]),
        (
            b"url,discover_time\nhttps://a.example/,31-02-2026 12:00:00 UTC\n",
            [("line 2.discover_time", "range")],
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_line(
    body: bytes, places: list[tuple[str, str]]
) -> None:
    assert refusals("phishing-csv", body) == places


def test_a_bad_row_does_not_cost_the_next() -> None:
    body = (
        HEAD + b'1,"https://a.example/x\ny",2026-09-21T12:00:00Z,t\n2,\xff,2026-09-21T12:00:00Z\n'
    )
    body += b"3,https://c.example/,2026-09-21T12:00:00Z,t\n"
    kinds = [type(one).__name__ for one in outcomes("phishing-csv", body)]
    assert kinds[-1] == "Item"
    assert "Refusal" in kinds


def test_a_byte_order_mark_and_capitals_do_not_matter() -> None:
    body = (
        b"\xef\xbb\xbfPHISH_ID,URL,Submission_Time\n7,hxxps://a[.]example/,2026-09-21T12:00:00Z\n"
    )
    found = item("phishing-csv", body)
    assert (found["external_id"], found["actor"]) == ("phishtank-7", "a.example")


def test_a_row_of_openphish_is_named_by_its_content() -> None:
    head = b"url,isotime,brand\n"
    one = item("phishing-csv", head + b"https://a.example/,2026-09-21T12:00:00Z,x\n")
    two = item("phishing-csv", head + b"https://a.example/,2026-09-21T12:00:00Z,y\n")
    assert one["external_id"] != two["external_id"]


def test_a_file_of_any_size_is_read_row_by_row() -> None:
    row = b"1,https://a.example/,2026-09-21T12:00:00Z,t\n"
    found = get("phishing-csv").read(HEAD + row * 100_000)
    first = [next(found) for _ in range(3)]
    assert len(first) == 3


def test_other_columns_are_kept() -> None:
    body = b"url,isotime,ssl_cert_issued_by\nhttps://a.example/,2026-09-21T12:00:00Z,Example CA\n"
    kept = item("phishing-csv", body)["attributes"]["phishing-csv"]
    assert kept == {"ssl_cert_issued_by": "Example CA"}
