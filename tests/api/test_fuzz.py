"""10,000 spoiled signals: no valid one is lost, every invalid one is named and kept, none is 5xx.

What is valid says an oracle of its own: the published schema, the standard library's JSON, and the
few rules of the contract that a schema cannot say. A failure names its seed; `Random(seed)` makes
the same bodies again.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final, NamedTuple

import pytest
import time_machine
from django.test import Client
from jsonschema_rs import Draft4Validator

from abusedesk.core.models import Scope
from detectors.entities import mentioned
from detectors.models import DeadLetter, Signal
from detectors.stream import signals_by_id
from tests import make
from tests.mutations import encoded, spoiled_bytes, spoiled_item
from tests.test_openapi import SNAPSHOT

pytestmark = [pytest.mark.django_db, pytest.mark.row(3)]
URL: Final = "/api/v1/signals/"
BOM: Final = b"\xef\xbb\xbf"
NDJSON: Final = "application/x-ndjson"
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
SEEDS: Final = range(10)
LINES, LISTS, BODIES = 600, 300, 100  # mutations of each seed, in this many parts
ITEMS_A_BATCH: Final = 60
SHOWN: Final = 2_000
RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII
)
IDENTIFIER: Final = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)


class UnreadableError(ValueError):
    """The oracle says: this is no JSON."""


class Key(NamedTuple):
    """What makes a signal the same."""

    external_id: str
    at: datetime


@dataclass
class Oracle:
    """Judges one item by the contract, without a line of the product."""

    schema: Any

    def judge(self, raw: bytes) -> tuple[Key, Any] | None:
        """Of a valid item, with its fields; None for an invalid one."""
        try:
            item = strict(raw)
        except UnreadableError:
            return None
        if not isinstance(item, dict) or not _clean(item) or not self.schema.is_valid(item):
            return None
        at = moment(item["occurred_at"])
        if at is None or not OLDEST <= at <= NOW + timedelta(minutes=10) or not _fits(item):
            return None
        return Key(item["external_id"], at), item


def strict(raw: bytes) -> Any:
    """JSON as RFC 8259 has it, where Python's reader is kinder. Raises UnreadableError."""

    def refuse(_: str) -> Any:
        raise UnreadableError

    def number(text: str) -> float:
        value = float(text)
        return refuse(text) if value in {float("inf"), float("-inf")} else value

    try:
        return json.loads(raw.decode(), parse_constant=refuse, parse_float=number)
    except (ValueError, RecursionError) as error:
        raise UnreadableError from error


def names_twice(raw: bytes) -> bool:
    """Whether some object in it has the same name twice."""
    found = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len(pairs) > len(dict(pairs)))
        return dict(pairs)

    with suppress(ValueError, RecursionError):
        json.loads(raw, object_pairs_hook=look)
    return any(found)


def moment(text: str) -> datetime | None:
    """RFC 3339 with offset, to the microsecond."""
    parts = RFC3339.fullmatch(text)
    if not parts:
        return None
    day, clock, fraction, offset = parts.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if offset in 'Zz' else offset}")
        return (at + timedelta(microseconds=round(float(fraction or 0) * 1e6))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _fits(item: dict[str, Any]) -> bool:
    """Sizes, depth, names of identifiers, time of the profile; sketches are never right here."""
    free = item.get("attributes", {})
    born = (item.get("actor_profile") or {}).get("created_at")
    small = len(json.dumps(free, ensure_ascii=False, separators=(",", ":")).encode()) <= 16 * 1024
    return (
        (small or not free)
        and _depth(free) <= 32
        and len(item.get("text", "").encode()) <= 64 * 1024
        and all(map(IDENTIFIER.fullmatch, item.get("identifiers", {})))
        and (born is None or moment(born) is not None)
        and not item.get("fingerprints")
    )


def _depth(value: Any) -> int:
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _clean(value: Any) -> bool:
    """No NUL and no half of a pair, in keys neither."""
    if isinstance(value, str):
        return "\x00" not in value and not re.search("[\ud800-\udfff]", value)
    if isinstance(value, dict):
        return all(_clean(one) for pair in value.items() for one in pair)
    return not isinstance(value, list) or all(map(_clean, value))


class Door:
    """Posts, and looks what became of it. known: keys that are stored."""

    def __init__(self, oracle: Oracle, seed: int) -> None:
        self.oracle, self.seed, self.rng = oracle, seed, Random(seed)
        self.headers = make.bearer(Scope.INGEST)
        self.known: set[Key] = set()
        self.letter = self.signal = 0

    def post(self, body: bytes, media_type: str = "application/json", **more: str) -> Any:
        client = Client(raise_request_exception=False)
        headers = self.headers | more
        response = client.post(URL, body, content_type=media_type, headers=headers)
        assert response.status_code < 500, self.about(body)
        return response

    def check(
        self, response: Any, items: Sequence[bytes], body: bytes, *, as_sent: bool = True
    ) -> None:
        """Every valid item is stored, every invalid one named and kept, in its place."""
        said = response.json()
        assert all(one["errors"] for one in said["rejected"]), self.about(body)
        told = [one["index"] for one in said["rejected"]]
        judged = [self.oracle.judge(raw) for raw in items]
        for place in told:  # may be refused for a value that a later one hides
            judged[place] = None if names_twice(items[place]) else judged[place]
        bad = [place for place, one in enumerate(judged) if one is None]
        good = [one for one in judged if one]
        new = {key for key, _ in good} - self.known
        unlike = [items[place] for place in sorted({*bad} ^ {*told})]
        assert not unlike, f"seed {self.seed}, judged otherwise: {unlike}"
        assert (said["accepted"], said["duplicates"]) == (
            len(new), len(good) - len(new)
        ), self.about(body)  # fmt: skip
        letters = self._letters()
        assert [one.position for one in letters] == bad, self.about(body)
        if as_sent:
            kept = [bytes(one.raw) for one in letters]
            assert kept == [items[place][: 64 * 1024] for place in bad], self.about(body)
        rows = self._signals()
        assert set(rows) == new, self.about(body)
        for key, item in reversed(good):  # of two alike the first counts
            if row := rows.get(key):
                row.sent = item
        assert [_told(row) for row in rows.values()] == [
            _meant(row.sent) for row in rows.values()
        ], self.about(body)

    def check_counts(self, response: Any, body: bytes) -> None:
        """What the answer says of numbers is so, whatever the body was."""
        said = response.json()
        told = said.get("accepted", 0), len(said.get("rejected", []))
        assert (len(self._signals()), len(self._letters())) == told, self.about(body)

    def about(self, body: bytes) -> str:
        return f"seed {self.seed}, body of {len(body):,} bytes: {body[:SHOWN]!r}"

    def _signals(self) -> dict[Key, Any]:
        """Stored since it was asked last; detectors and the linker can read all of it."""
        rows = list(Signal.objects.filter(pk__gt=self.signal).order_by("pk"))
        self.signal = rows[-1].pk if rows else self.signal
        found = {Key(row.external_id, row.occurred_at): row for row in rows}
        assert len(found) == len(rows)
        read = signals_by_id([row.pk for row in rows])
        actors = [{one.raw for one in mentioned(each) if one.role == "actor"} for each in read]
        assert [{row.actor} - {""} for row in rows] == actors, f"seed {self.seed}"
        self.known |= set(found)
        return found

    def _letters(self) -> list[DeadLetter]:
        """Kept since it was asked last."""
        rows = list(DeadLetter.objects.filter(pk__gt=self.letter).order_by("pk"))
        self.letter = rows[-1].pk if rows else self.letter
        return rows


def _told(row: Any) -> list[Any]:
    inside = row.payload
    return [row.platform, row.kind, row.actor, row.text, inside.get("urls", []),
            inside.get("objects", []), inside.get("identifiers", {})]  # fmt: skip


def _meant(item: dict[str, Any]) -> list[Any]:
    return [item["platform"], item["kind"], item.get("actor", ""), item.get("text", ""),
            item.get("urls", []), item.get("objects", []), item.get("identifiers", {})]  # fmt: skip


def framed(body: bytes) -> list[bytes] | None:
    """Items of a body that is JSON in one of the three forms; None for any other.

    Nor of one with a name that stands twice, for its items cannot be written as they were sent.
    """
    if names_twice(body):
        return None
    try:
        found = strict(body.removeprefix(BOM))
    except UnreadableError:
        return None
    if isinstance(found, dict):
        found = found["signals"] if [*found] == ["signals"] else "signals" not in found and [found]
    return [json.dumps(one).encode() for one in found] if isinstance(found, list) else None


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    published = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    rules = {"$ref": "#/components/schemas/SignalIn", "components": published["components"]}
    return Oracle(Draft4Validator(_with_null(rules), validate_formats=False))


@pytest.fixture
def numbers() -> Iterator[Iterator[int]]:
    """Of signals, while the clock stands."""
    with time_machine.travel(NOW, tick=False):
        yield count(1)


def _with_null(schema: Any) -> Any:
    """`nullable` of OpenAPI 3.0 in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_with_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    done = {name: _with_null(one) for name, one in schema.items() if name != "nullable"}
    return {"anyOf": [done, {"type": "null"}]} if schema.get("nullable") is True else done


def valid(number: int) -> dict[str, Any]:
    return make.item(
        number,
        text="Look \u2192 http://a.example/?q=1 \U0001f600",
        actor_profile={"handle": "h", "created_at": "2020-01-01T00:00:00Z", "followers": 5},
        urls=["https://a.example/1"],
        objects=["hashtag:a", "target:x:b"],
        identifiers={"ip": "192.0.2.1", "device": ["d1", "d2"]},
        ai={"provider": "p", "tokens_in": 7, "refused": False},
        attributes={"a": [1, {"b": None}], "c": 1.5},
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_spoiled_lines_cost_no_line_beside_them(
    oracle: Oracle, numbers: Iterator[int], seed: int
) -> None:
    door = Door(oracle, seed)
    for _ in range(LINES // ITEMS_A_BATCH):
        whole = [json.dumps(valid(next(numbers))).encode() for _ in range(ITEMS_A_BATCH // 4)]
        spoiled = [
            spoiled_bytes(json.dumps(valid(next(numbers))).encode(), door.rng)
            for _ in range(ITEMS_A_BATCH)
        ]
        lines = door.rng.sample(whole + spoiled, ITEMS_A_BATCH + len(whole))
        body = b"\n".join(lines)
        items = [line.strip() for line in body.removeprefix(BOM).split(b"\n")]
        door.check(door.post(body, NDJSON), [one for one in items if one], body)
        assert {json.loads(one)["external_id"] for one in whole} <= {
            key.external_id for key in door.known
        }


@pytest.mark.parametrize("seed", SEEDS)
def test_spoiled_items_of_a_list_cost_no_item_beside_them(
    oracle: Oracle, numbers: Iterator[int], seed: int
) -> None:
    door = Door(oracle, seed)
    for _ in range(LISTS // ITEMS_A_BATCH):
        whole = [valid(next(numbers)) for _ in range(ITEMS_A_BATCH // 4)]
        spoiled = [spoiled_item(valid(next(numbers)), door.rng) for _ in range(ITEMS_A_BATCH)]
        items = [encoded(one, door.rng) for one in door.rng.sample(whole + spoiled, 75)]
        listed = b"[" + b",".join(items) + b"]"
        body = b'{"signals": ' + listed + b"}" if door.rng.random() < 0.5 else listed
        door.check(door.post(body), items, body)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spoiled_body_is_read_whole_or_refused_whole(
    oracle: Oracle, numbers: Iterator[int], seed: int
) -> None:
    door = Door(oracle, seed)
    for _ in range(BODIES):
        items = [valid(next(numbers)) for _ in range(3)]
        form = door.rng.choice((items, {"signals": items}, items[0]))
        body = spoiled_bytes(json.dumps(form).encode(), door.rng)
        if door.rng.random() < 0.2:
            packed = spoiled_bytes(gzip.compress(body), door.rng)
            door.check_counts(door.post(packed, **{"Content-Encoding": "gzip"}), packed)
            continue
        response = door.post(body)
        if (inside := framed(body)) is None:
            door.check_counts(response, body)
        else:
            door.check(response, inside, body, as_sent=False)
