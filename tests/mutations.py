"""Ways to spoil a signal, or to make it odd: for the fuzzer, the same for the same `Random`."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

Item = dict[str, Any]

TOKENS: Final = (
    b"\x00", b"\\u0000", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\xff", b"\xc0\x80",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\x1f", b"\x7f", b"\n",
    b"\r\n", b"\\", b'\\"', b'"', b",", b":", b"{", b"}", b"[", b"]", b"{}", b"[[[[", b"null",
    b"NaN", b"-Infinity", b"1e999", b"-0", b"007", b"//", b"'", b" ", b"\x0b", b"&#0;", b"%00",
)  # fmt: skip
TEXTS: Final = (
    "", " ", "\x00", "a\x00b", "\ud800", "x\udfffy", "\ufeff", "\u202egnp.exe", "a\u200bb",
    "e\u0301", "\ufdfa", "\uff21\uff22", "\U0001f469\u200d\U0001f4bb", "\n", "x\n", "\\u0000",
    "'; DROP TABLE x; --", "<script>", "{{7*7}}", "=1+1", "ß" * 150, "a" * 201, "a" * 501,
    "\U0001f600" * 16_385,
)  # fmt: skip
TIMES: Final = (
    "2026-09-21", "2026-09-21T12:00:00", "2026-09-21t12:00:00z", "2026-09-21 12:00:00+02:00",
    "2026-09-21T12:00:00.123456789Z", "2026-09-21T24:00:00Z", "2026-02-30T00:00:00Z",
    "2026-09-21T12:00:60Z", "2026-10-31T23:59:59-23:59", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00+00:00", "now",
    "2026-09-21T12:00:00+24:00", "\u0662\u0660\u0662\u0666-09-21T12:00:00Z",
)  # fmt: skip
OTHERS: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 2**53, 2**53 + 1, 2**64, -(2**70), 1.5, 1e300, [], {}, [[]], [None],
    {"": ""}, {"a": None}, ["x"] * 101, "x",
)  # fmt: skip
FIELDS: Final = (
    "external_id", "platform", "kind", "occurred_at", "actor", "actor_profile", "text", "urls",
    "objects", "identifiers", "ai", "fingerprints", "attributes",
)  # fmt: skip
INSIDE: Final = {
    "actor_profile": ("handle", "bio", "created_at", "followers", "avatar_pdq", "verified", "odd"),
    "ai": ("provider", "model", "tokens_in", "refused", "odd"),
    "identifiers": ("ip", "e_mail", "Upper", "with space", "", "x" * 41, "ip\n"),
    "attributes": ("a", "", "a\x00", "deep", "\ud800"),
}


def spoiled_bytes(raw: bytes, rng: Random) -> bytes:
    """One item with one to three changes of its bytes; it may have become several lines."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        raw = rng.choice(BYTEWISE)(raw, rng)
    return raw


def spoiled_item(item: Item, rng: Random) -> Item:
    """One item with one or two changes of its fields; some are still valid."""
    for _ in range(rng.choice((1, 1, 2))):
        item = rng.choice(FIELDWISE)(dict(item), rng)
    return item


def _flip(raw: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(raw) or 1)
    return (
        raw[:at] + bytes(one ^ (1 << rng.randrange(8)) for one in raw[at : at + 1]) + raw[at + 1 :]
    )


def _replace(raw: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(raw) or 1)
    return raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]


def _insert(raw: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.choice(TOKENS) + raw[at:]


def _cut(raw: bytes, rng: Random) -> bytes:
    start, end = sorted(rng.randrange(len(raw) + 1) for _ in range(2))
    return raw[:start] + raw[min(end, start + 12) :]


def _truncate(raw: bytes, rng: Random) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def _repeat(raw: bytes, rng: Random) -> bytes:
    start, end = sorted(rng.randrange(len(raw) + 1) for _ in range(2))
    return raw[:end] + raw[start:end] + raw[end:]


def _remove(item: Item, rng: Random) -> Item:
    item.pop(rng.choice(sorted(item) or [""]), None)
    return item


def _retype(item: Item, rng: Random) -> Item:
    return item | {rng.choice(FIELDS): rng.choice(OTHERS)}


def _reword(item: Item, rng: Random) -> Item:
    return item | {rng.choice(FIELDS): rng.choice(TEXTS)}


def _write(item: Item, rng: Random) -> Item:
    return item | {rng.choice(("text", "actor", "external_id")): rng.choice(TEXTS)}


def _date(item: Item, rng: Random) -> Item:
    return item | {"occurred_at": rng.choice(TIMES)}


def _fill(item: Item, rng: Random) -> Item:
    group = rng.choice(sorted(INSIDE))
    inner = item.get(group)
    kept = inner if isinstance(inner, dict) else {}
    value = rng.choice((*TEXTS, *OTHERS, *TIMES))
    return item | {group: {**kept, rng.choice(INSIDE[group]): value}}


def _list(item: Item, rng: Random) -> Item:
    entries = [rng.choice((*TEXTS, "hashtag:a", "https://a.example/")) for _ in range(3)]
    return item | {rng.choice(("urls", "objects", "fingerprints")): entries}


def _nest(item: Item, rng: Random) -> Item:
    value: Any = rng.choice(("x", {}, []))
    for _ in range(rng.choice((1, 5, 31, 32, 33, 200))):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return item | {rng.choice(("attributes", "identifiers", "text")): {"a": value}}


def _fatten(item: Item, rng: Random) -> Item:
    return item | {"attributes": {"a": "x" * (16 * 1024 + rng.randrange(-40, 40))}}


def _rename(item: Item, rng: Random) -> Item:
    name = rng.choice(sorted(item) or [""])
    return {(f"{one}\u200b" if one == name else one): value for one, value in item.items()}


def _strange(item: Item, rng: Random) -> Item:
    return item | {rng.choice(("colour", "", "id", "__proto__", "a" * 300, "\x00")): 1}


BYTEWISE: Final[tuple[Callable[[bytes, Random], bytes], ...]] = (
    _flip, _replace, _insert, _insert, _cut, _truncate, _repeat,
)  # fmt: skip
FIELDWISE: Final[tuple[Callable[[Item, Random], Item], ...]] = (
    _remove, _retype, _reword, _write, _write, _date, _fill, _fill, _list, _nest, _fatten, _rename,
    _strange,
)  # fmt: skip


def encoded(item: Item, rng: Random) -> bytes:
    """The item as JSON, with escapes or, where it can be written so, in UTF-8."""
    if rng.random() < 0.5:
        try:
            return json.dumps(item, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            pass
    return json.dumps(item).encode()
