"""Answers to look-ups: buckets of hashes, all of one size, whatever is in them. Pure."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

LEAST: Final = 20
"""Real hashes that a bucket holds, so that its prefix points at nobody."""
SIZE: Final = 512
"""Entries of every answer; a bucket is expected to hold 20 to 320 real ones."""
HEX: Final = 64
ANY: Final = "any"
"""Stands for the empty prefix: of few values all are in one bucket."""
ABUSE, OPEN, HARMLESS = "a", "o", "h"
WORDS: Final = {
    ABUSE: "decided as abuse",
    OPEN: "in a case that nobody has decided",
    HARMLESS: "decided as no abuse",
}
_PREFIX: Final = re.compile(r"[0-9a-f]{1,8}")


def digits_for(count: int) -> int:
    """How long a prefix may be, so that about LEAST real hashes or more begin with it."""
    digits = 0
    while count >= LEAST * 16 ** (digits + 1):
        digits += 1
    return digits


def prefix_of(mac: str, digits: int) -> str:
    """What of a hash is sent."""
    return mac[:digits] or ANY


def is_prefix(said: str, digits: int) -> bool:
    """Whether a look-up asks for a bucket of this size."""
    if digits == 0:
        return said == ANY
    return len(said) == digits and _PREFIX.fullmatch(said) is not None


def bucket(real: Mapping[str, str], *, prefix: str, contact: str, secret: str, about: str) -> bytes:
    """The answer: entries of one length, in order, the real ones among others that are made up.

    real: hash -> what is known. secret, about: what is made up is the same every time it is asked,
    else two answers would tell it from the real ones.
    """
    head = "" if prefix == ANY else prefix
    known = sorted(real.values()) or [OPEN]
    entries = dict(sorted(real.items())[:SIZE])
    number = 0
    while len(entries) < SIZE:
        made = hmac.new(secret.encode(), f"{about}\x1f{head}\x1f{number}".encode(), sha256)
        mac = (head + made.hexdigest())[:HEX]
        entries.setdefault(mac, known[number % len(known)])
        number += 1
    rows = [[mac[len(head) :], entries[mac]] for mac in sorted(entries)]
    told = {"contact": contact.ljust(120), "entries": rows}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=True).encode()


def found_in(body: bytes, mac: str, digits: int) -> tuple[str, str] | None:
    """What an answer knows of a hash, and whom to write to; None when it does not know it.

    Raises ValueError for what is no answer.
    """
    try:
        said: Any = json.loads(body)
        entries = {str(one[0]): str(one[1]) for one in said["entries"]}
        contact = str(said["contact"]).strip()[:120]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        message = "The answer cannot be read."
        raise ValueError(message) from error
    known = entries.get(mac[digits:])
    return (known, contact) if known in WORDS else None
