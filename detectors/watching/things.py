"""The watch list as the engine sees it: which values can stand on it, and what its rows tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from detectors import normalise
from detectors.base import Signal
from detectors.entities import Mentioned

TYPES: Final = (
    "account",
    "app",
    "domain",
    "email",
    "fingerprint",
    "handle",
    "hash",
    "ip",
    "phone",
    "url",
    "wallet",
)
FINGERPRINTS: Final = frozenset({"device", "ja4", "cookie"})
"""Identifiers that are compared with listed fingerprints, beside the signal's own sketches."""
MAX_RAW: Final = 4_000
MAX_LABELS: Final = 8
"""Parts of a host, from its end, below which no listed domain is looked for."""
SAID: Final = "watch"
"""The attribute of an `engine.watch` row that holds its notice."""

_ACCOUNT = re.compile(r"[a-z0-9-]{1,40}:.{1,200}")
_MAX_FINGERPRINT = 500

Thing = tuple[str, str]
"""Type and canonical value."""


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one `engine.watch` row says of a value.

    items: source and trust of every item in force, none when the value left the list; the newest
    `stated_at` (seconds since 1970) counts. account, signal: who used the value, and in which
    signal; the row then bears that signal's time. Without them only the list has changed.
    """

    type: str
    value: str
    stated_at: float
    items: tuple[tuple[str, float], ...] = ()
    account: str = ""
    signal: int = 0


def notice_of(signal: Signal) -> Notice:
    """What an `engine.watch` row says."""
    return msgspec.convert(signal.attributes[SAID], Notice, strict=False)


def listed_form(kind: str, raw: str) -> str | None:
    """How a value is written on the list; None when it is no such thing. Sees through defanging."""
    text = raw.strip()[:MAX_RAW]
    if kind == "account":
        return text if _ACCOUNT.fullmatch(text) else None
    if kind == "fingerprint" and len(text) > _MAX_FINGERPRINT:
        return None
    return normalise.canonical(kind, text) if kind in TYPES else None


def guessed(raw: str) -> Thing | None:
    """Type and canonical value of what somebody pasted, when the whole of it is one entity."""
    text = raw.strip()[:MAX_RAW]
    found = normalise.extract(text)
    if len(found) == 1 and found[0].raw == text and found[0].type in TYPES:
        return found[0].type, found[0].value
    for kind in ("ip", "domain"):
        if "." in text and (value := listed_form(kind, text)):
            return kind, value
    return None


def things_of(signal: Signal, mentioned: Iterable[Mentioned]) -> set[Thing]:
    """What of a signal can stand on the list. mentioned: its entities."""
    found = set(_from_entities(mentioned))
    for sketch in signal.fingerprints:
        if value := listed_form("fingerprint", sketch):
            found.add(("fingerprint", value))
    return found


def _from_entities(mentioned: Iterable[Mentioned]) -> Iterator[Thing]:
    for one in mentioned:
        if one.type in FINGERPRINTS:
            if value := listed_form("fingerprint", one.value):
                yield "fingerprint", value
        elif one.type in TYPES:
            yield one.type, one.value
        if one.type == "domain":
            yield from (("domain", name) for name in _with_parents(one.value))
        elif one.type == "url":
            host = urlsplit(one.value).hostname or ""
            yield from (("domain", name) for name in _with_parents(host))


def _with_parents(host: str) -> Iterator[str]:
    """A host and the domains above it, up to the one that somebody registered."""
    registered = normalise.registrable_domain(host)
    if not registered:
        return
    labels = host.split(".")[-MAX_LABELS:]
    for first in range(len(labels)):
        name = ".".join(labels[first:])
        yield name
        if name == registered:
            return
