"""What becomes of mail, field by field, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.reading import item, never_breaks, outcomes, refusals, sample, told

TABLE: dict[str, list[Any]] = {
    "forwarded.eml": [
        {
            "external_id": "mail-fwd-1@desk.example-fadb3f0be4d0033e",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-22T09:00:00+00:00",
            "actor": "reporter@desk.example",
            "text": "Fwd: looks like phishing\n\nSee attached.",
            "actor_profile": {"handle": "reporter@desk.example"},
            "identifiers": {"email": "reporter@desk.example"},
            "objects": [
                "subject:Fwd: looks like phishing",
                "target:abuse@desk.example",
                "hash:3c022bdc2bdc9bee50b49ded3ac9755fc19f67699356c86665e68be1f1d6683e",
            ],
            "attributes": {
                "eml": {
                    "files": [
                        {
                            "name": "",
                            "media_type": "message/rfc822",
                            "size": 223,
                            "sha256": (
                                "3c022bdc2bdc9bee50b49ded3ac9755fc19f67699356c86665e68be1f1d6683e"
                            ),
                        }
                    ],
                    "headers": [
                        "From: reporter@desk.example",
                        "To: abuse@desk.example",
                        "Date: Tue, 22 Sep 2026 09:00:00 +0000",
                        "Message-ID: <fwd-1@desk.example>",
                        "Subject: Fwd: looks like phishing",
                        "Content-Type: multipart/mixed; boundary=b",
                    ],
                }
            },
        },
        {
            "external_id": "mail-orig-1@bank-login.example-24765e3279451c51",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-22T08:00:00+00:00",
            "actor": "security@bank-login.example",
            "text": "Confirm your account\n\nConfirm at https://bank-login.example/confirm",
            "actor_profile": {"name": "Bank", "handle": "security@bank-login.example"},
            "identifiers": {"email": "security@bank-login.example"},
            "objects": ["subject:Confirm your account", "target:reporter@desk.example"],
            "attributes": {
                "eml": {
                    "headers": [
                        'From: "Bank" <security@bank-login.example>',
                        "To: reporter@desk.example",
                        "Date: Tue, 22 Sep 2026 08:00:00 +0000",
                        "Message-ID: <orig-1@bank-login.example>",
                        "Subject: Confirm your account",
                    ]
                }
            },
        },
    ],
    "phish.eml": [
        {
            "external_id": "mail-20260921.17@parcel-fee.example-02d59d6960059b7d",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-21T12:00:00+00:00",
            "actor": "notice@parcel-fee.example",
            "text": "Your parcel is held\n"
            "\n"
            "Pay the fee of 2,99 ¤ at hxxps://parcel-fee[.]example/pay",
            "actor_profile": {"name": "Parcel désk", "handle": "notice@parcel-fee.example"},
            "identifiers": {"email": ["notice@parcel-fee.example", "claims@collect-fee.example"]},
            "urls": ["https://parcel-fee.example/pay?id=1&l=en"],
            "objects": [
                "subject:Your parcel is held",
                "target:ada@desk.example",
                "target:ben@desk.example",
                "ip:203.0.113.25",
                "ip:198.51.100.77",
                "hash:e5c62df5dab5c87b6a015ef3d43597074d1eec433b15f51aec63b8582d0e4ab4",
            ],
            "attributes": {
                "eml": {
                    "files": [
                        {
                            "name": "fee.pdf",
                            "media_type": "application/pdf",
                            "size": 9,
                            "sha256": (
                                "e5c62df5dab5c87b6a015ef3d43597074d1eec433b15f51aec63b8582d0e4ab4"
                            ),
                        }
                    ],
                    "headers": [
                        "Return-Path: <bounce-17@parcel-fee.example>",
                        (
                            "Received: from "
                            "relay.parcel-fee.example "
                            "(relay.parcel-fee.example "
                            "[203.0.113.25])\tby mx.desk.example "
                            "with ESMTPS id 4Q; Mon, 21 Sep 2026 "
                            "11:59:58 +0000"
                        ),
                        (
                            "Received: from [127.0.0.1] (localhost "
                            "[127.0.0.1]) by "
                            "relay.parcel-fee.example; Mon, 21 Sep "
                            "2026 11:59:50 +0000"
                        ),
                        (
                            "DKIM-Signature: v=1; a=rsa-sha256; "
                            "d=parcel-fee.example; s=s1; bh=AAAA; "
                            "b=BBBB"
                        ),
                        "From: Parcel désk <Notice@Parcel-Fee.example>",
                        "Reply-To: claims@collect-fee.example",
                        'To: "Rossi, Ada" <ada@desk.example>, ben@desk.example',
                        "Subject: Your parcel is held",
                        "Date: Mon, 21 Sep 2026 14:00:00 +0200",
                        "Message-ID: <20260921.17@parcel-fee.example>",
                        "X-Originating-IP: [198.51.100.77]",
                        "MIME-Version: 1.0",
                        'Content-Type: multipart/mixed; boundary="outer"',
                    ],
                }
            },
        }
    ],
    "two.mbox": [
        {
            "external_id": "mail-one@shop.example-b56e3691169a36c8",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-21T10:00:00+00:00",
            "actor": "alice@shop.example",
            "text": "First\n\nThe next line is quoted:\nFrom here on it is text.",
            "actor_profile": {"handle": "alice@shop.example"},
            "identifiers": {"email": "alice@shop.example"},
            "objects": ["subject:First", "target:bob@desk.example"],
            "attributes": {
                "eml": {
                    "headers": [
                        "From: alice@shop.example",
                        "To: bob@desk.example",
                        "Date: Mon, 21 Sep 2026 10:00:00 GMT",
                        "Message-ID: <one@shop.example>",
                        "Subject: First",
                    ]
                }
            },
        },
        {
            "external_id": "mail-e7d0bbe2ae9273f760324d52dc2dec32b264b1b49887d3a22a05c7636820d73e",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-21T11:00:03+00:00",
            "actor": "mallory@shop.example",
            "text": "Undated, but received\n\nLine one\nline <two>",
            "actor_profile": {"name": "Mallory", "handle": "mallory@shop.example"},
            "identifiers": {"email": "mallory@shop.example"},
            "objects": ["subject:Undated, but received"],
            "attributes": {
                "eml": {
                    "headers": [
                        "From: Mallory <mallory@shop.example>",
                        "Received: by mx.desk.example; Mon, 21 Sep 2026 11:00:03 +0000",
                        "Subject: Undated, but received",
                        "Content-Type: text/html",
                    ]
                }
            },
        },
        (
            "message 3: has no Date that is one, and no Received field says a time; none "
            "is ever guessed"
        ),
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("eml", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("eml")


def letter(*lines: str, body: str = "text") -> bytes:
    """A message with these header fields."""
    fields = ("From: a@shop.example", "Date: Mon, 21 Sep 2026 12:00:00 +0000", *lines)
    return ("\n".join(fields) + "\n\n" + body).encode()


def test_the_same_mail_by_another_way_has_the_same_name() -> None:
    one = sample("eml", "phish.eml")
    two = b"Received: from elsewhere; Mon, 21 Sep 2026 13:00:00 +0000\n" + one
    three = one.replace(b"\n", b"\r\n")
    known = item("eml", one)["external_id"]
    assert [item("eml", other)["external_id"] for other in (two, three)] == [known, known]


def test_one_message_id_cannot_hide_another_mail() -> None:
    first = item("eml", letter("Message-ID: <same@x.example>", body="harmless"))
    second = item("eml", letter("Message-ID: <same@x.example>", body="pay here"))
    assert first["external_id"] != second["external_id"]


def test_a_message_without_id_is_named_by_what_it_says() -> None:
    one, two = letter("Subject: a"), letter("Subject: b")
    assert item("eml", one)["external_id"] == item("eml", one)["external_id"]
    assert item("eml", one)["external_id"] != item("eml", two)["external_id"]


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Mon, 21 Sep 2026 12:00:00 +0000", "2026-09-21T12:00:00+00:00"),
        ("21 Sep 2026 12:00 EST", "2026-09-21T17:00:00+00:00"),
        ("Mon, 21 Sep 26 12:00:00 GMT (comment)", "2026-09-21T12:00:00+00:00"),
        ("21 Sep 2026 12:00:60 -0000", "2026-09-21T12:00:59+00:00"),
        ("21 September 2026 14:00:00 +0200", "2026-09-21T12:00:00+00:00"),
        ("21 Sep 2026 12:00:00 XYZ", "2026-09-21T12:00:00+00:00"),
        ("21 Sep 72 12:00:00 Z", "1972-09-21T12:00:00+00:00"),
    ],
)
def test_dates_of_mail_in_old_and_new_forms(date: str, moment: str) -> None:
    found = item("eml", f"From: a@b.example\nDate: {date}\n\nx".encode())
    assert found["occurred_at"] == moment


@pytest.mark.parametrize(
    "date", ["", "yesterday", "31 Foo 2026 12:00:00 Z", "32 Sep 2026 12:00:00 Z", "2026-09-21"]
)
def test_a_mail_without_a_date_is_refused(date: str) -> None:
    raw = f"From: a@b.example\nDate: {date}\n\nx".encode()
    assert refusals("eml", raw) == [("body", "required")]


@pytest.mark.parametrize(
    ("raw", "place", "code"),
    [
        (b"", "body", "empty"),
        (b"\n\n", "body", "empty"),
        (b"just words", "body", "format"),
        (b"\x00\xff\xfe", "body", "format"),
        (b"X: " + b"a" * 600_000, "body", "size"),
    ],
)
def test_what_is_no_message_is_refused(raw: bytes, place: str, code: str) -> None:
    assert refusals("eml", raw) == [(place, code)]


def test_a_broken_message_of_an_mbox_does_not_cost_the_others() -> None:
    good = b"From x\nFrom: a@b.example\nDate: Mon, 21 Sep 2026 12:00:00 +0000\n\nhi\n\n"
    raw = good + b"From y\nno field here\n\n" + good.replace(b"hi", b"ho")
    assert refusals("eml", raw) == [("message 2", "format")]
    assert len(outcomes("eml", raw)) == 3


def test_links_of_the_markup_are_links_also_when_there_is_plain_text() -> None:
    found = item("eml", sample("eml", "phish.eml"))
    assert found["urls"] == ["https://parcel-fee.example/pay?id=1&l=en"]
    assert "hxxps" in found["text"]


def test_links_that_lead_nowhere_are_not_kept() -> None:
    body = '<a href="javascript:x()">a</a><img src="cid:1"><a href="#top">t</a><a href=>'
    assert "urls" not in item("eml", letter("Content-Type: text/html", body=body))


def test_addresses_that_a_sender_can_write_are_no_identifiers_of_an_account() -> None:
    found = item("eml", sample("eml", "phish.eml"))
    assert set(found["identifiers"]) == {"email"}
    assert {"ip:203.0.113.25", "ip:198.51.100.77"} <= set(found["objects"])


def test_unknown_header_fields_are_kept_as_they_stand() -> None:
    found = item("eml", letter("X-Kit: 16shop", "X-Odd:  two   spaces"))
    assert found["attributes"]["eml"]["headers"][-2:] == ["X-Kit: 16shop", "X-Odd: two   spaces"]


def test_a_huge_header_is_cut_and_named() -> None:
    found = item("eml", letter("X-Long: " + "a" * 20_000, "X-After: b"))
    assert "eml.headers.2" in found["attributes"]["truncated"]
    assert "X-After: b" in found["attributes"]["eml"]["headers"]


def test_a_huge_text_is_cut_at_a_whole_character_and_named() -> None:
    found = item("eml", letter(body="ä" * 40_000))
    assert found["attributes"]["truncated"] == ["text"]
    assert 65_530 < len(found["text"].encode()) <= 65_536


def test_markup_beyond_what_is_read_is_named() -> None:
    found = item("eml", letter("Content-Type: text/html", body="<p></p>" * 150_000 + "end"))
    assert "end" not in found.get("text", "")
    assert found["attributes"]["truncated"] == ["text"]


def test_a_nul_in_a_mail_does_not_let_it_escape() -> None:
    found = item("eml", letter("Subject: a\0b", body="x\0y"))
    assert found["text"] == "a\ufffdb\n\nx\ufffdy"
