"""What becomes of feedback reports, field by field, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.reading import item, items, never_breaks, outcomes, refusals, sample, told

TABLE: dict[str, list[Any]] = {
    "abuse.eml": [
        {
            "external_id": "arf-mail-fbl-99@isp.example-4ddfffbf35f7d21a",
            "platform": "email",
            "kind": "report",
            "occurred_at": "2026-09-21T13:00:00+00:00",
            "text": "A customer calls this message spam.",
            "urls": ["https://prize-mail.example/win"],
            "objects": [
                "ip:192.0.2.17",
                "domain:prize-mail.example",
                "target:user@isp.example",
                "report-target:email:bounce@prize-mail.example",
                "account:email:bounce@prize-mail.example",
                "report-target:email:win@prize-mail.example",
                "account:email:win@prize-mail.example",
            ],
            "attributes": {
                "arf": {
                    "feedback_type": "abuse",
                    "reporter": "feedback@isp.example",
                    "feedback": [
                        "Feedback-Type: abuse",
                        "User-Agent: ExampleLoop/1.0",
                        "Version: 1",
                        "Original-Mail-From: <bounce@prize-mail.example>",
                        "Original-Rcpt-To: <user@isp.example>",
                        "Arrival-Date: Mon, 21 Sep 2026 12:30:00 +0000",
                        "Reporting-MTA: dns; mx.isp.example",
                        "Source-IP: 192.0.2.17",
                        "Reported-Domain: prize-mail.example",
                        "Reported-URI: https://prize-mail.example/win",
                        "Incidents: 3",
                        "X-Loop-Score: 17",
                    ],
                    "headers": [
                        "From: feedback@isp.example",
                        "To: abuse@shop.example",
                        "Date: Mon, 21 Sep 2026 13:00:00 +0000",
                        "Message-ID: <fbl-99@isp.example>",
                        "Subject: FW: Win a prize",
                        "MIME-Version: 1.0",
                        (
                            "Content-Type: multipart/report; "
                            "report-type=feedback-report; "
                            'boundary="part"'
                        ),
                    ],
                }
            },
        },
        {
            "external_id": "mail-win-1@prize-mail.example-75b2d0e1cee9c6d0",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-21T12:29:55+00:00",
            "actor": "win@prize-mail.example",
            "text": "Win a prize\n\nWin now: https://prize-mail.example/win",
            "actor_profile": {"name": "Prize", "handle": "win@prize-mail.example"},
            "identifiers": {"email": "win@prize-mail.example"},
            "objects": ["subject:Win a prize", "target:user@isp.example", "ip:192.0.2.17"],
            "attributes": {
                "arf": {
                    "headers": [
                        "From: Prize <win@prize-mail.example>",
                        (
                            "Received: from prize-mail.example "
                            "([192.0.2.17]) by mx.isp.example; Mon, "
                            "21 Sep 2026 12:30:00 +0000"
                        ),
                        "To: user@isp.example",
                        "Subject: Win a prize",
                        "Date: Mon, 21 Sep 2026 12:29:55 +0000",
                        "Message-ID: <win-1@prize-mail.example>",
                        "Content-Type: text/plain",
                    ]
                }
            },
        },
    ],
    "headers-only.eml": [
        {
            "external_id": "arf-mail-fbl-100@isp.example-0472b69e5f50ec97",
            "platform": "email",
            "kind": "report",
            "occurred_at": "2026-09-21T12:40:00+00:00",
            "text": "Only the header fields are sent.",
            "objects": [
                "report-target:email:win@prize-mail.example",
                "account:email:win@prize-mail.example",
            ],
            "attributes": {
                "arf": {
                    "feedback_type": "fraud",
                    "reporter": "feedback@isp.example",
                    "feedback": [
                        "Feedback-Type: fraud",
                        "User-Agent: ExampleLoop/1.0",
                        "Version: 1",
                        "Received-Date: Mon, 21 Sep 2026 12:40:00 +0000",
                    ],
                    "headers": [
                        "From: feedback@isp.example",
                        "Message-ID: <fbl-100@isp.example>",
                        (
                            "Content-Type: multipart/report; "
                            "report-type=feedback-report; "
                            'boundary="part"'
                        ),
                    ],
                }
            },
        },
        {
            "external_id": "mail-win-2@prize-mail.example-e3b0c44298fc1c14",
            "platform": "email",
            "kind": "mail",
            "occurred_at": "2026-09-21T12:39:00+00:00",
            "actor": "win@prize-mail.example",
            "text": "Win a prize",
            "actor_profile": {"handle": "win@prize-mail.example"},
            "identifiers": {"email": "win@prize-mail.example"},
            "objects": ["subject:Win a prize"],
            "attributes": {
                "arf": {
                    "headers": [
                        "From: win@prize-mail.example",
                        "Date: Mon, 21 Sep 2026 12:39:00 +0000",
                        "Message-ID: <win-2@prize-mail.example>",
                        "Subject: Win a prize",
                    ]
                }
            },
        },
    ],
}


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_becomes_what_the_table_says(name: str) -> None:
    assert told("arf", name) == TABLE[name]


test_no_bytes_break_it = never_breaks("arf")


def test_the_reported_mail_has_the_name_that_the_mail_adapter_gives_it() -> None:
    _, reported = items("arf", sample("arf", "abuse.eml"))
    raw = sample("arf", "abuse.eml").partition(b"Content-Disposition: inline\n\n")[2]
    own = item("eml", raw.partition(b"--part--")[0])
    assert (own["external_id"], own["occurred_at"]) == (
        reported["external_id"],
        reported["occurred_at"],
    )


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        (b"message/feedback-report", b"text/x-other", [("body", "format")]),
        (b"Feedback-Type: abuse", b"X-Type: abuse", [("body.Feedback-Type", "required")]),
        (b"Feedback-Type: abuse", b"Feedback-Type: XARF", [("body.Feedback-Type", "choice")]),
        (b"Date: Mon, 21 Sep 2026 12:29:55", b"Date: then", []),
    ],
)
def test_what_is_no_report_is_refused(
    old: bytes, new: bytes, places: list[tuple[str, str]]
) -> None:
    assert refusals("arf", sample("arf", "abuse.eml").replace(old, new)) == places


def test_an_undated_original_does_not_cost_the_report() -> None:
    raw = sample("arf", "headers-only.eml").replace(b"Date: Mon, 21 Sep 2026 12:39:00 +0000\n", b"")
    assert [type(one).__name__ for one in outcomes("arf", raw)] == ["Item", "Refusal"]
    assert refusals("arf", raw) == [("body.part 3", "required")]


def test_a_report_that_says_no_time_at_all_is_refused() -> None:
    raw = sample("arf", "headers-only.eml")
    raw = raw.replace(b"Received-Date: Mon, 21 Sep 2026 12:40:00 +0000\n", b"")
    assert refusals("arf", raw) == [("body", "required")]


def test_a_feedback_loop_is_no_account() -> None:
    report, mail = items("arf", sample("arf", "abuse.eml"))
    assert "actor" not in report
    assert report["attributes"]["arf"]["reporter"] == "feedback@isp.example"
    assert mail["actor"] == "win@prize-mail.example"


def test_fields_of_the_report_that_may_come_often_are_all_read() -> None:
    more = b"Reported-URI: https://prize-mail.example/win\nReported-URI: https://b.example/\n"
    raw = sample("arf", "abuse.eml").replace(
        b"Reported-URI: https://prize-mail.example/win\n", more
    )
    report, _ = items("arf", raw)
    assert report["urls"] == ["https://prize-mail.example/win", "https://b.example/"]


def test_many_reports_may_come_in_one_mbox() -> None:
    one = sample("arf", "abuse.eml")
    raw = b"From x\n" + one + b"\nFrom x\n" + one.replace(b"fbl-99", b"fbl-98") + b"\n"
    found = items("arf", raw)
    assert [one["kind"] for one in found] == ["report", "mail", "report", "mail"]


def test_unknown_fields_are_kept() -> None:
    report, _ = items("arf", sample("arf", "abuse.eml"))
    assert "X-Loop-Score: 17" in report["attributes"]["arf"]["feedback"]
