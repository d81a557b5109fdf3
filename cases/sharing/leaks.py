"""Looks for what must not leave in what would: a value, its hashes, its deterministic ids."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from cases.sharing import stix, urls
from detectors import normalise

HASHES: Final = ("md5", "sha1", "sha256", "sha512")
LEAST: Final = 3
"""Shorter values are compared as whole strings only: two letters stand in every text."""
LINE: Final = 12
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_NOT_DIGITS: Final = re.compile(r"\D+")
_HEX: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,128}")
_MADE: Final = re.compile(
    r"[a-z0-9-]+--[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[0-9:.]+Z|hmac:[\w.-]+:[0-9a-f]{64}"
)
"""Strings that the desk makes itself: ids, moments, keyed hashes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What would leave, ready to be searched.

    readings: its strings, raw and decoded. whole: each of them. marks: hashes and ids in it.
    """

    readings: tuple[str, ...]
    whole: frozenset[str]
    marks: frozenset[str]

    @classmethod
    def read(cls, body: bytes) -> Told:
        """JSON, a table, or plain text."""
        text = body.decode("utf-8", "replace")
        strings = [one for one in _strings(text) if not _MADE.fullmatch(one)]
        readings = dict.fromkeys(map(str.casefold, _readings(strings)))
        whole = frozenset(one.casefold() for one in strings)
        return cls(tuple(readings), whole, frozenset(_HEX.findall(text.casefold())))


def leaks(told: Told, withheld: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of (type, value) that occur, raw, decoded, hashed, or as a deterministic id."""
    found = []
    for type, value in dict.fromkeys(withheld):
        plain = [one.casefold() for one in _plain(type, value)]
        if any(_occurs(one, told) for one in plain) or not told.marks.isdisjoint(
            marks_of(type, value)
        ):
            found.append((type, value))
    return found


def marks_of(type: str, value: str) -> Iterator[str]:
    """Hashes of a value and ids of observables that anybody can compute from it."""
    raw = value.encode("utf-8", "surrogatepass")
    for name in HASHES:
        yield hashlib.new(name, raw, usedforsecurity=False).hexdigest()
    platform, _, actor = value.partition(":")
    for kind in ("domain-name", "url", "email-addr", "ipv4-addr", "ipv6-addr"):
        yield _uuid(kind, {"value": value})
    for account in ({"account_type": type, "user_id": value}, {"user_id": value}):
        yield _uuid("user-account", account)
    if type == "account":
        yield _uuid("user-account", {"account_type": platform, "user_id": actor})


def _uuid(type: str, properties: dict[str, str]) -> str:
    return stix.observable_id(type, properties).partition("--")[2]


def _plain(type: str, value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="")
    if type == "account":
        yield value.partition(":")[2]
    if type == "text":
        yield from (line for line in map(str.strip, value.splitlines()) if len(line) >= LINE)
    if type == "phone":
        yield _NOT_DIGITS.sub("", value)


def _occurs(needle: str, told: Told) -> bool:
    if not needle:
        return False
    if needle in told.whole:
        return True
    if len(needle) < LEAST or not any(needle in one for one in told.readings):
        return False
    bounded = re.compile(rf"(?<![^\W_]){re.escape(needle)}(?![^\W_])")
    return any(bounded.search(one) for one in told.readings)


def _readings(strings: list[str]) -> Iterator[str]:
    """The strings as they stand, with percent and base64 undone, and with dots put back."""
    text = "\n".join(strings)
    yield text
    yield urls.decoded(text)
    yield normalise.refang(text)
    for match in _BASE64.finditer(text):
        if decoded := _unpacked(match[0]):
            yield decoded


def _strings(text: str) -> Iterator[str]:
    """Every value that is a string in the JSON, or every cell of a table; names are ours."""
    try:
        yield from _walk(json.loads(text))
    except ValueError:
        yield from _cells(text)


def _cells(text: str) -> list[str]:
    try:
        return [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    except csv.Error:  # no table
        return [text]


def _walk(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one)
    elif isinstance(value, dict):
        yield from _walk(list(value.values()))


def _unpacked(run: str) -> str:
    bare = run.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
