"""Hostile payloads cost no more than their size: a quadratic reading would take minutes here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import islice

import pytest

from detectors.adapters.base import Refusal
from detectors.adapters.registry import all_adapters, get
from detectors.schema import MAX_BATCH
from tests.adapters.reading import judged

SIZE = 1024 * 1024
LIMIT_S = 4.0
HEAD = b"From: a@b.example\nDate: Mon, 21 Sep 2026 12:00:00 +0000\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
HTML = HEAD + b"Content-Type: text/html\n\n"


def filled(piece: bytes, size: int = SIZE) -> bytes:
    return (piece * (size // len(piece) + 1))[:size]


def nested(levels: int) -> bytes:
    """Multiparts in multiparts, each with its own boundary."""
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels)
    )
    return HEAD + head + filled(b"x\n")


MAILS: dict[str, bytes] = {
    "nothing but line breaks": b"\n" * SIZE,
    "one endless header": HEAD + b"X: " + filled(b"a"),
    "a header folded for ever": HEAD + b"X: a\n" + filled(b" b\n", 500_000) + b"\n\n",
    "headers without end": filled(b"X: y\n"),
    "parts without end": MULTIPART + filled(b"--b\n\n"),
    "boundaries that are none": MULTIPART + filled(b"\n--bx"),
    "nested deeper than anybody reads": nested(5_000),
    "encoded words without end": HEAD
    + b"Subject: "
    + filled(b"=?utf-8?b?YQ==?= ", 30_000)
    + b"\n\n",
    "broken encoded words": HEAD + b"Subject: " + filled(b"=?a?b?", 30_000) + b"\n\n",
    "parameters without end": HEAD
    + b"Content-Type: text/plain"
    + filled(b';a="', 30_000)
    + b"\n\n",
    "addresses without end": HEAD + b"To: " + filled(b"a@b.example,", 30_000) + b"\n\n",
    "an address that never comes": HEAD + b"To: " + b"a" * 30_000 + b"\n\n",
    "base64 that is none": HEAD + b"Content-Transfer-Encoding: base64\n\n" + filled(b"*=a"),
    "tags that never end": HTML + filled(b"<a href='"),
    "tags without a name": HTML + filled(b"< "),
    "letters in a tag": HTML + b"<" + filled(b"a"),
    "quotes in many tags": HTML + filled(b"<a b='c>"),
    "comments that never end": HTML + filled(b"<!--"),
    "scripts that never end": HTML + filled(b"<script>"),
    "references of a million digits": HTML + b"&#" + filled(b"9") + b";",
    "many references": HTML + filled(b"&#x0;&amp&"),
    "spaces and breaks": HTML + filled(b" \n"),
    "an mbox of nothing": filled(b"From x\n\n"),
    "an mbox line that never ends": b"From x\n" + filled(b"y"),
    "ip addresses without end": HEAD + b"Received: " + filled(b"[1.2.3.4]", 30_000) + b"\n\n",
    "utf-7": HEAD + b"Content-Type: text/plain; charset=utf-7\n\n" + filled(b"+"),
    "a codec that is a trap": HEAD + b"Content-Type: text/plain; charset=zlib_codec\n\nx",
}
JSONS: dict[str, bytes] = {
    "brackets": filled(b"["),
    "braces": filled(b'{"a":'),
    "zeros": b"[" + filled(b"0,") + b"0]",
    "empty lists": b"[" + filled(b"[],") + b"[]]",
    "lines that are no JSON": filled(b"x\n"),
    "lines of braces": filled(b"{}\n"),
    "an open string": b'{"a":"' + filled(b"a"),
    "half pairs": b'{"a":"' + filled(b"\\ud800") + b'"}',
    "bytes that are no text": b'{"a":"' + filled(b"\xff") + b'"}',
    "a number of a million digits": b'{"a":' + filled(b"9") + b"}",
    "one deep value": b'{"type":"x","event":' + b"[" * 900 + b"]" * 900 + b"}",
}
TABLES: dict[str, bytes] = {
    "commas": filled(b","),
    "an open quote": b'url,isotime\n"' + filled(b"a\n"),
    "a line that never ends": b"url,isotime\n" + filled(b"a"),
    "columns without end": filled(b"a,"),
    "rows of nothing": b"url,isotime\n" + filled(b"\n"),
    "rows of one cell": b"url,isotime\n" + filled(b"a\n"),
}


@pytest.mark.parametrize("slug", ["eml", "arf", "xarf"])
@pytest.mark.parametrize("body", MAILS.values(), ids=MAILS)
def test_mail_costs_no_more_than_its_size(slug: str, body: bytes) -> None:
    assert_cheap(slug, body)


@pytest.mark.parametrize("slug", [slug for slug in all_adapters() if slug not in {"eml", "arf"}])
@pytest.mark.parametrize("body", JSONS.values(), ids=JSONS)
def test_json_costs_no_more_than_its_size(slug: str, body: bytes) -> None:
    assert_cheap(slug, body)


@pytest.mark.parametrize("body", TABLES.values(), ids=TABLES)
def test_tables_cost_no_more_than_their_size(body: bytes) -> None:
    assert_cheap("phishing-csv", body)


def alert(observables: object) -> dict[str, object]:
    fields = dict.fromkeys(("type", "source", "sourceRef", "title", "description"), "x")
    return {**fields, "date": 1790000000000, "observables": observables}


LARGE: dict[str, tuple[str, Callable[[], object]]] = {
    "many observables": (
        "thehive",
        lambda: alert([{"dataType": "ip", "data": f"192.0.2.{n}"} for n in range(20_000)]),
    ),
    "one long observable": (
        "thehive",
        lambda: alert([{"dataType": "other", "data": "x" * SIZE}]),
    ),
    "a long name of many events": (
        "bluesky",
        lambda: [{"kind": "commit", "did": "d" * 1_000, "commit": {}} for _ in range(1_000)],
    ),
    "many statuses in one report": (
        "mastodon",
        lambda: {
            "event": "report.created",
            "object": {
                "id": "1",
                "created_at": "2026-09-21T12:00:00Z",
                "statuses": [{"id": str(n), "content": "<" * 100} for n in range(5_000)],
            },
        },
    ),
    "many buckets with one long end": (
        "openai",
        lambda: {
            "object": "bucket",
            "start_time": 1790000000,
            "end_time": "x" * SIZE,
            "results": [{"object": "organization.usage.x"}] * 3_000,
        },
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_payload_is_read_in_time(name: str) -> None:
    slug, make = LARGE[name]
    assert_cheap(slug, json.dumps(make()).encode())


def assert_cheap(slug: str, body: bytes) -> None:
    started = time.process_time()  # other work on the machine does not count
    written = 0
    for outcome in islice(get(slug).read(body), MAX_BATCH + 1):
        judged(outcome)
        written += len(outcome.raw) if isinstance(outcome, Refusal) else 1
    assert time.process_time() - started < LIMIT_S, "Read every byte once."
    assert written <= 40 * len(body) + 1_000_000
