"""Everything a sender can do wrong: a 4xx that names the field, nothing lost, nothing 500."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connections
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors.models import DeadLetter, Signal
from tests import cast, make

pytestmark = pytest.mark.django_db
URL = "/api/v1/signals/"
EMPTY_SKETCH = "afp1:acme:1:0:"
LATER = (clock.now() + timedelta(hours=3)).isoformat()


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


class Item(NamedTuple):
    """A bad item. raw: instead of the fields, where JSON's encoder would not write it."""

    field: str
    code: str
    fields: dict[str, Any] = {}
    raw: bytes = b""


ITEMS: dict[str, Item] = {
    "no external id": Item("external_id", "required", {"external_id": ...}),
    "no platform": Item("platform", "required", {"platform": ...}),
    "no kind": Item("kind", "required", {"kind": ...}),
    "no time": Item("occurred_at", "required", {"occurred_at": ...}),
    "empty external id": Item("external_id", "size", {"external_id": ""}),
    "external id too long": Item("external_id", "size", {"external_id": "x" * 201}),
    "external id a number": Item("external_id", "type", {"external_id": 7}),
    "external id null": Item("external_id", "type", {"external_id": None}),
    "platform with a space": Item("platform", "format", {"platform": "My Site"}),
    "platform with a line break": Item("platform", "format", {"platform": "x\n"}),
    "platform too long": Item("platform", "format", {"platform": "x" * 41}),
    "platform a list": Item("platform", "type", {"platform": ["x"]}),
    "kind unknown": Item("kind", "choice", {"kind": "shout"}),
    "kind a number": Item("kind", "type", {"kind": 1}),
    "time without offset": Item("occurred_at", "offset", {"occurred_at": "2026-09-21T12:00:00"}),
    "time in words": Item("occurred_at", "format", {"occurred_at": "yesterday"}),
    "time a number": Item("occurred_at", "type", {"occurred_at": 1_790_000_000}),
    "second 60": Item("occurred_at", "format", {"occurred_at": "2026-09-21T12:00:60Z"}),
    "time in the future": Item("occurred_at", "range", {"occurred_at": LATER}),
    "time before computers": Item("occurred_at", "range", {"occurred_at": "1999-12-31T23:59:59Z"}),
    "year 1": Item("occurred_at", "range", {"occurred_at": "0001-01-01T00:00:00+14:00"}),
    "year 9999": Item("occurred_at", "range", {"occurred_at": "9999-12-31T23:59:59-14:00"}),
    "actor too long": Item("actor", "size", {"actor": "x" * 201}),
    "actor an object": Item("actor", "type", {"actor": {"id": 1}}),
    "actor with NUL": Item("actor", "encoding", {"actor": "a\x00b"}),
    "text a number": Item("text", "type", {"text": 5}),
    "text too large": Item("text", "size", {"text": "ä" * 32_769}),
    "text with NUL": Item("text", "encoding", {"text": "a\x00"}),
    "text with half a pair": Item("text", "encoding", {"text": "a\ud800b"}),
    "text no UTF-8": Item("text", "encoding", raw=b'"text":"caf\xe9"'),
    "urls a string": Item("urls", "type", {"urls": "https://a.example"}),
    "urls too many": Item("urls", "size", {"urls": ["https://a.example"] * 101}),
    "one url a number": Item("urls.1", "type", {"urls": ["https://a.example", 5]}),
    "one url empty": Item("urls.0", "size", {"urls": [""]}),
    "url too long": Item("urls.0", "size", {"urls": ["https://a.example/" + "x" * 4_000]}),
    "object without type": Item("objects.0", "format", {"objects": ["hashtag"]}),
    "object with a line break": Item("objects.0", "format", {"objects": ["hashtag:a\n"]}),
    "objects too many": Item("objects", "size", {"objects": ["hashtag:a"] * 101}),
    "identifier type in capitals": Item("identifiers.IP", "format", {"identifiers": {"IP": "::1"}}),
    "identifier a number": Item("identifiers.asn", "type", {"identifiers": {"asn": 64_496}}),
    "identifier list with a number": Item(
        "identifiers.ip.1", "type", {"identifiers": {"ip": ["a", 1]}}
    ),
    "identifiers too many": Item(
        "identifiers", "size", {"identifiers": {f"i{n}": "a" for n in range(51)}}
    ),
    "identifiers a list": Item("identifiers", "type", {"identifiers": ["ip"]}),
    "profile unknown field": Item("actor_profile.age", "unknown", {"actor_profile": {"age": 3}}),
    "profile time wrong": Item(
        "actor_profile.created_at", "format", {"actor_profile": {"created_at": "2020"}}
    ),
    "profile time a number": Item(
        "actor_profile.created_at", "type", {"actor_profile": {"created_at": 5}}
    ),
    "followers negative": Item(
        "actor_profile.followers", "range", {"actor_profile": {"followers": -1}}
    ),
    "followers a fraction": Item(
        "actor_profile.followers", "type", {"actor_profile": {"followers": 1.5}}
    ),
    "hash too short": Item(
        "actor_profile.avatar_pdq", "format", {"actor_profile": {"avatar_pdq": "ab"}}
    ),
    "profile handle with NUL": Item(
        "actor_profile.handle", "encoding", {"actor_profile": {"handle": "\x00"}}
    ),
    "ai a string": Item("ai", "type", {"ai": "gpt"}),
    "ai unknown field": Item("ai.temperature", "unknown", {"ai": {"temperature": 1}}),
    "tokens too many": Item("ai.tokens_in", "range", {"ai": {"tokens_in": 2**60}}),
    "refused a word": Item("ai.refused", "type", {"ai": {"refused": "yes"}}),
    "fingerprints a map": Item("fingerprints", "type", {"fingerprints": {}}),
    "fingerprints too many": Item("fingerprints", "size", {"fingerprints": [EMPTY_SKETCH] * 101}),
    "fingerprint a number": Item("fingerprints.0", "type", {"fingerprints": [7]}),
    "fingerprint empty": Item("fingerprints.0", "size", {"fingerprints": [""]}),
    "fingerprint too long": Item("fingerprints.0", "size", {"fingerprints": ["a" * 4_001]}),
    "fingerprint of another kind": Item(
        "fingerprints.1", "format", {"fingerprints": [EMPTY_SKETCH, "mh1:abc"]}
    ),
    "fingerprint with a key id in capitals": Item(
        "fingerprints.0", "format", {"fingerprints": ["afp1:ACME:1:0:"]}
    ),
    "fingerprint with half a hash": Item(
        "fingerprints.0", "format", {"fingerprints": ["afp1:acme:1:1:AAAA"]}
    ),
    "fingerprint with NUL": Item("fingerprints.0", "encoding", {"fingerprints": ["afp1:\x00"]}),
    "attributes a list": Item("attributes", "type", {"attributes": [1]}),
    "attributes null": Item("attributes", "type", {"attributes": None}),
    "attributes too large": Item("attributes", "size", {"attributes": {"a": "x" * 16_384}}),
    "attributes too deep": Item("attributes", "depth", {"attributes": deep(40)}),
    "attributes key with NUL": Item("attributes", "encoding", {"attributes": {"a\x00": 1}}),
    "attributes value with NUL": Item(
        "attributes.a.0", "encoding", {"attributes": {"a": ["\x00"]}}
    ),
    "kind thrice, once wrong": Item(
        "signal.kind", "choice", raw=b'"kind":"shout","kind":"post"'
    ),
    "attributes number out of range": Item("signal", "json", raw=b'"attributes":{"a":1e999}'),
    "unknown field": Item("colour", "unknown", {"colour": "red"}),
    "unknown field with NUL": Item("a\ufffdb", "unknown", {"a\x00b": 1}),
}  # fmt: skip


def written(number: int, bad: Item) -> bytes:
    item = {
        key: value for key, value in make.item(number, **bad.fields).items() if value is not ...
    }
    raw = json.dumps(item).encode()
    return raw[:-1] + b"," + bad.raw + b"}" if bad.raw else raw


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer()


def post(body: bytes, door: dict[str, str], **headers: str) -> Any:
    media_type = headers.pop("content_type", "application/json")
    return Client().post(URL, body, content_type=media_type, headers={**door, **headers})


@pytest.mark.row(3)
@pytest.mark.parametrize("bad", ITEMS.values(), ids=ITEMS)
def test_a_bad_item_is_refused_by_its_field_and_its_neighbours_are_stored(
    door: dict[str, str], bad: Item
) -> None:
    good = [json.dumps(make.item(number)).encode() for number in (1, 3)]
    response = post(b"[" + b",".join([good[0], written(2, bad), good[1]]) + b"]", door)
    said = response.json()
    assert (response.status_code, said["accepted"], said["duplicates"]) == (207, 2, 0)
    (rejected,) = said["rejected"]
    (error,) = rejected["errors"]
    assert (rejected["index"], error["field"], error["code"]) == (1, bad.field, bad.code)
    assert error["message"].startswith(bad.field)
    assert set(Signal.objects.values_list("external_id", flat=True)) == {"s-1", "s-3"}
    assert bytes(DeadLetter.objects.get().raw) == written(2, bad)[:65_536]


@pytest.mark.parametrize("bad", ITEMS.values(), ids=ITEMS)
def test_a_bad_item_alone_is_400_in_the_common_shape(door: dict[str, str], bad: Item) -> None:
    response = post(written(2, bad), door)
    said = response.json()
    assert (response.status_code, said["type"]) == (400, "validation_error")
    assert (said["errors"][0]["attr"], said["errors"][0]["code"]) == (bad.field, bad.code)
    assert bad.field in said["errors"][0]["detail"]
    assert (said["accepted"], len(said["rejected"]), DeadLetter.objects.count()) == (0, 1, 1)


def test_every_reason_of_an_item_is_told_at_once(door: dict[str, str]) -> None:
    bad = make.item(kind="shout", actor=5, colour="red", urls=[""], external_id=None)
    said = post(json.dumps(bad).encode(), door).json()
    fields = [error["field"] for error in said["rejected"][0]["errors"]]
    assert sorted(fields) == ["actor", "colour", "external_id", "kind", "urls.0"]


def test_every_fingerprint_that_is_no_sketch_is_told_with_its_reason(door: dict[str, str]) -> None:
    bad = make.item(fingerprints=["mh1:abc", EMPTY_SKETCH, "afp1:acme:3:0:"])
    (first, second) = post(json.dumps(bad).encode(), door).json()["rejected"][0]["errors"]
    assert first["message"] == (
        "fingerprints.0 is no sketch: it must read afp1:<key id>:<s>:<n>:<base64>."
    )
    assert second["message"].startswith("fingerprints.2 is no sketch: s must be a power of 4")


def test_a_thousand_unknown_fields_do_not_make_a_huge_answer(door: dict[str, str]) -> None:
    bad = make.item(**{f"field{number}": 1 for number in range(1_000)})
    response = post(json.dumps(bad).encode(), door)
    assert len(response.json()["rejected"][0]["errors"]) == 20


class Body(NamedTuple):
    """A request that cannot be read as a whole."""

    status: int
    word: str
    body: bytes
    headers: dict[str, str] = {}


GOOD = json.dumps(make.item()).encode()
NULLS = b"\x00" * (11 * 1024 * 1024)
BODIES: dict[str, Body] = {
    "empty": Body(400, "empty", b""),
    "only spaces": Body(400, "empty", b"  \n "),
    "not JSON": Body(400, "JSON", b"external_id=1"),
    "cut off": Body(400, "JSON", GOOD[:-5]),
    "two values": Body(400, "JSON", GOOD + b"]"),
    "a comma too much": Body(400, "JSON", b"[" + GOOD + b",]"),
    "single quotes": Body(400, "JSON", b"{'external_id': 'a'}"),
    "not a number": Body(400, "JSON", b'{"external_id": NaN}'),
    "null": Body(400, "list", b"null"),
    "a number": Body(400, "list", b"7"),
    "a string": Body(400, "list", b'"signal"'),
    "UTF-16": Body(400, "JSON", GOOD.decode().encode("utf-16")),
    "signals no list": Body(400, "signals", b'{"signals": 7}'),
    "signals null": Body(400, "signals", b'{"signals": null}'),
    "field beside signals": Body(400, "source", b'{"signals": [], "source": "x"}'),
    "too deep": Body(400, "deep", b"[" * 100_000),
    "too deep inside": Body(400, "deep", b'{"attributes":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    "too many": Body(413, "5,000", b"[" + b",".join([GOOD] * 5_001) + b"]"),
    "too many lines": Body(413, "5,000", b"0\n" * 5_001, {"content_type": "application/x-ndjson"}),
    "millions of crumbs": Body(413, "5,000", b"[" + b"0," * 3_000_000 + b"0]"),
    "too large": Body(413, "10 MiB", b'["' + b"x" * (10 * 1024 * 1024) + b'"]'),
    "gzip bomb": Body(413, "10 MiB", gzip.compress(NULLS), {"Content-Encoding": "gzip"}),
    "nested bomb": Body(
        400, "JSON", gzip.compress(gzip.compress(NULLS)), {"Content-Encoding": "gzip"}
    ),
    "gzip that is none": Body(400, "gzip", GOOD, {"Content-Encoding": "gzip"}),
    "gzip cut off": Body(400, "gzip", gzip.compress(GOOD * 9)[:-9], {"Content-Encoding": "gzip"}),
    "gzip with a wrong sum": Body(
        400, "gzip", gzip.compress(GOOD)[:-6] + b"\x00" * 6, {"Content-Encoding": "gzip"}
    ),
    "gzip of many members": Body(
        413, "members", gzip.compress(b"") * 1_100, {"Content-Encoding": "gzip"}
    ),
    "gzip of nothing": Body(400, "empty", gzip.compress(b""), {"Content-Encoding": "gzip"}),
    "gzip not announced": Body(400, "JSON", gzip.compress(GOOD)),
    "another encoding": Body(415, "gzip", GOOD, {"Content-Encoding": "br"}),
    "two encodings": Body(415, "gzip", GOOD, {"Content-Encoding": "gzip, gzip"}),
    "a form": Body(
        415, "Content-Type", GOOD, {"content_type": "application/x-www-form-urlencoded"}
    ),
    "text": Body(415, "Content-Type", GOOD, {"content_type": "text/plain"}),
    "XML": Body(415, "Content-Type", b"<signal/>", {"content_type": "application/xml"}),
    "multipart": Body(
        415, "Content-Type", GOOD, {"content_type": "multipart/form-data; boundary=x"}
    ),
    "no type": Body(415, "Content-Type", GOOD, {"content_type": ""}),
    "another charset": Body(
        415, "UTF-8", GOOD, {"content_type": "application/json; charset=latin-1"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_read_is_refused_in_the_common_shape(
    door: dict[str, str], bad: Body
) -> None:
    response = post(bad.body, door, **bad.headers)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["attr"]) == (bad.status, "body")
    assert bad.word in error["detail"]
    assert "body" in error["detail"]
    assert not Signal.objects.exists()


def test_a_body_of_unknown_length_is_refused_in_words(door: dict[str, str]) -> None:
    headers = {**door, "Transfer-Encoding": "chunked"}
    response = Client().generic("POST", URL, b"", "application/json", headers=headers)
    assert (response.status_code, response.json()["errors"][0]["attr"]) == (411, "body")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_405(door: dict[str, str], method: str) -> None:
    response = getattr(Client(), method)(URL, GOOD, content_type="application/json", headers=door)
    assert (response.status_code, response.json()["type"]) == (405, "client_error")


@pytest.mark.parametrize(
    ("url", "status", "attr"),
    [
        (f"{URL}?kind=%00", 400, "kind"),
        (f"{URL}?since=yesterday", 400, "since"),
        (f"{URL}?actor=a%00b", 400, "actor"),
        (f"{URL}?cursor=nonsense", 400, "cursor"),
        (f"{URL}99999999999999999999/", 404, None),
        (f"{URL}0/", 404, None),
        (f"{URL}abc/", 404, None),
        ("/api/v1/signals", 404, None),
        ("/api/v1/nothing/", 404, None),
        ("/api/", 404, None),
    ],
)
def test_bad_addresses_are_4xx_in_the_common_shape(url: str, status: int, attr: str | None) -> None:
    response = Client().get(url, headers=make.bearer(Scope.READ, user=cast.admin()))
    assert response.status_code == status
    assert response.json()["errors"][0]["attr"] == attr
    assert response["API-Version"] == "1"


def test_lines_that_are_no_json_are_refused_one_by_one(door: dict[str, str]) -> None:
    body = b"\n".join([GOOD, b"{broken", b'"text"', b"\xff\xfe", GOOD])
    response = post(body, door, content_type="application/x-ndjson")
    said = response.json()
    assert (response.status_code, said["accepted"], said["duplicates"]) == (207, 1, 1)
    assert [one["index"] for one in said["rejected"]] == [1, 2, 3]
    assert {one["errors"][0]["field"] for one in said["rejected"]} == {"signal"}


def test_half_a_pair_in_one_item_does_not_cost_the_list(door: dict[str, str]) -> None:
    pair = json.dumps(make.item(1, text="\U0001f600 \\ud800")).encode()
    half = json.dumps(make.item(2, attributes={"x": ["\udfff"]})).encode()
    said = post(b'{"signals":[' + pair + b"," + half + b"]}", door).json()
    assert (said["accepted"], said["rejected"][0]["errors"][0]["field"]) == (1, "attributes.x.0")
    assert bytes(DeadLetter.objects.get().raw) == half


def test_the_limits_themselves_are_allowed(door: dict[str, str]) -> None:
    soon = (clock.now() + timedelta(minutes=9)).isoformat()
    full = make.item(
        external_id="x" * 200,
        occurred_at=soon,
        actor="a" * 200,
        text="ä" * 32_768,
        urls=["u"] * 100,
        attributes={"a": "x" * 16_374},
    )
    assert post(json.dumps(full).encode(), door).status_code == 201
    many = b"[" + b",".join([GOOD] * 5_000) + b"]"
    assert post(many, door).json()["duplicates"] == 4_999


@pytest.mark.django_db(transaction=True)
def test_words_that_no_index_takes_do_not_stop_a_batch() -> None:
    """Postgres has a notice for each; when nobody reads them, the connection fills up."""
    told: list[int] = []

    def post() -> None:
        items = [make.item(number, text="x" * 3_000) for number in range(3_000)]
        headers = make.bearer(Scope.INGEST, user=cast.admin())
        body = json.dumps({"signals": items})
        response = Client().post(URL, body, content_type="application/json", headers=headers)
        told.append(response.status_code)
        connections.close_all()

    thread = threading.Thread(target=post, daemon=True)
    thread.start()
    thread.join(60)
    assert told == [201]
