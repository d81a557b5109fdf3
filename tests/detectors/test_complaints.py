"""Which report is a complaint, about whom, by whom, as what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import Item
from detectors.base import Signal
from detectors.complaints import (
    MAX_NAME,
    MAX_REASON,
    MAX_TARGETS,
    MAX_VALUE,
    complaint_of,
    opens_cases,
)
from tests.adapters.reading import WEIRD, outcomes, sample

TABLE: list[tuple[str, str, list[tuple[list[str], str, str]]]] = [
    (
        "arf",
        "abuse.eml",
        [
            (
                ["account:email:bounce@prize-mail.example", "account:email:win@prize-mail.example"],
                "feedback@isp.example",
                "abuse",
            )
        ],
    ),
    (
        "arf",
        "headers-only.eml",
        [(["account:email:win@prize-mail.example"], "feedback@isp.example", "fraud")],
    ),
    (
        "xarf",
        "spam.json",
        [(["account:email:win@prize-mail.example"], "t@trap.example", "messaging/spam")],
    ),
    (
        "xarf",
        "phishing.json",
        [
            (
                [
                    "url:https://bank-login.example/confirm",
                    "url:https://collect.example/post",
                    "url:https://short.example/a",
                ],
                "reports@brand-watch.example",
                "content/phishing",
            )
        ],
    ),
    ("xarf", "mail.eml", [(["domain:scanner.example"], "", "connection/login_attack")]),
    (
        "mastodon",
        "report.created.json",
        [(["account:mastodon:spamrose@social.example"], "mastodon:ada@social.example", "spam")],
    ),
    ("mastodon", "report.updated.json", []),
    (
        "bluesky",
        "ozone-events.json",
        [(["account:bluesky:did:plc:bad"], "bluesky:did:plc:reporter", "reasonSpam")],
    ),
    (
        "bluesky",
        "ozone-reports.json",
        [(["account:bluesky:did:plc:bad"], "bluesky:did:plc:reporter", "reasonSpam")],
    ),
    (
        "thehive",
        "alert.json",
        [(["url:https://parcel-fee.example/pay"], "mail-gateway", "phishing")],
    ),
    ("thehive", "undated.json", [(["report:signal 1"], "analyst", "manual")]),
]
WORDS = st.one_of(st.sampled_from(WEIRD), st.text(max_size=30))


def signal(**fields: Any) -> Signal:
    """A report as detectors see it."""
    return Signal(**{"id": 1, "at": 0.0, "platform": "x", "kind": "report", **fields})


def told(fields: dict[str, Any]) -> Signal:
    """The signal that an adapter wrote."""
    return signal(
        platform=fields["platform"],
        kind=fields["kind"],
        actor=fields.get("actor", ""),
        raw_urls=tuple(fields.get("urls", ())),
        objects=tuple(fields.get("objects", ())),
        attributes=fields.get("attributes", {}),
    )


@pytest.mark.parametrize(("slug", "name", "expected"), TABLE, ids=[row[1] for row in TABLE])
def test_a_sample_of_an_adapter_complains_of_what_the_table_says(
    slug: str, name: str, expected: list[tuple[list[str], str, str]]
) -> None:
    sent = [one for one in outcomes(slug, sample(slug, name)) if isinstance(one, Item)]
    found = [complaint_of(told(one.fields)) for one in sent]
    assert [
        ([":".join(target) for target in one.targets], one.reporter, one.reason)
        for one in found
        if one is not None
    ] == expected


@pytest.mark.parametrize(
    ("objects", "urls", "expected"),
    [
        (["report-target:x:rose"], [], [("account", "x:rose")]),
        (["report-target:rose", "account:x:rose"], [], [("account", "x:rose")]),
        (["report-target:HTTPS://Prize.Example/win"], [], [("url", "https://prize.example/win")]),
        (["report-target:account-17"], [], [("report-target", "account-17")]),
        (["domain:Prize.Example", "ip:192.0.2.1"], [], [("domain", "prize.example")]),
        (["ip:192.0.2.1"], ["https://prize.example/"], [("url", "https://prize.example/")]),
        (["email:Win@Prize.Example"], [], [("email", "win@prize.example")]),
        (["brand:Bank"], [], [("report", "signal 1")]),
    ],
)
def test_what_is_named_first_in_order_is_reported(
    objects: list[str], urls: list[str], expected: list[tuple[str, str]]
) -> None:
    found = complaint_of(signal(actor="ada", objects=tuple(objects), raw_urls=tuple(urls)))
    assert found is not None
    assert list(found.targets) == expected
    assert found.reporter == "x:ada"


def test_a_link_in_the_words_of_a_report_is_not_what_it_reports() -> None:
    found = complaint_of(signal(text="see https://help.example/", objects=("ip:192.0.2.1",)))
    assert found is not None
    assert found.targets == (("ip", "192.0.2.1"),)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "post", "actor": "ada"},
        {"attributes": {"bluesky": {"type": "modEventTakedown"}}},
        {"attributes": {"group": "alert-1", "part": 2}},
        {"actor": "ada", "attributes": {"upheld": False}},
    ],
)
def test_what_is_no_complaint_opens_nothing(fields: dict[str, Any]) -> None:
    assert complaint_of(signal(objects=("report-target:x:rose",), **fields)) is None


@given(
    objects=st.lists(st.one_of(st.text(max_size=40), st.sampled_from(["report-target:x:a"]))),
    urls=st.lists(st.text(max_size=40), max_size=5),
    arf=st.one_of(WORDS, st.dictionaries(st.sampled_from(["reporter", "feedback_type"]), WORDS)),
    event=st.one_of(WORDS, st.dictionaries(st.just("reportType"), WORDS)),
)
def test_whatever_is_sent_stays_within_its_bounds(
    objects: list[str], urls: list[str], arf: Any, event: Any
) -> None:
    sent = signal(
        objects=tuple(objects),
        raw_urls=tuple(urls),
        actor="ada",
        attributes={"arf": arf, "bluesky": {"event": event}},
    )
    found = complaint_of(sent)
    assert found is not None
    assert 1 <= len(found.targets) <= MAX_TARGETS
    assert len(set(found.targets)) == len(found.targets)
    assert all(one.value and len(one.value) <= MAX_VALUE for one in found.targets)
    assert len(found.reporter) <= MAX_NAME
    assert len(found.reason) <= MAX_REASON
    assert "\n" not in found.reason


def test_a_flood_of_targets_is_bounded() -> None:
    names = tuple(f"report-target:x:{number}" for number in range(500))
    found = complaint_of(signal(objects=names))
    assert found is not None
    assert len(found.targets) == MAX_TARGETS


@pytest.mark.parametrize(
    ("said", "adapters", "opens"),
    [
        ("auto", [], False),
        ("auto", ["eml", "openai"], False),
        ("auto", ["eml", "arf"], True),
        ("on", [], True),
        ("off", ["arf"], False),
    ],
)
def test_a_source_opens_cases_by_what_was_said_or_by_its_adapters(
    said: str, adapters: list[str], *, opens: bool
) -> None:
    assert opens_cases(said, adapters) is opens
