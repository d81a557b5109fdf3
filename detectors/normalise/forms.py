"""Canonical forms for types of entities that people add."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from detectors.normalise.contacts import canonical_email, canonical_phone
from detectors.normalise.hosts import canonical_domain
from detectors.normalise.kinds import MAX_VALUE
from detectors.normalise.text import match_text
from detectors.normalise.urls import canonical_url

Former = Callable[[str], str | None]
"""From a value as sent to its canonical form; None when it is no such thing."""

_NO_DIGIT = re.compile(r"[^0-9]")


def as_is(raw: str) -> str | None:
    """The value without white space around it."""
    return raw.strip()[:MAX_VALUE].rstrip() or None


def lower(raw: str) -> str | None:
    """As text is compared: lower case, disguises of Unicode undone."""
    return match_text(raw)[:MAX_VALUE].rstrip() or None


def number(raw: str) -> str | None:
    """The digits, without zeros in front: `0042-17` and `42 17` are one card."""
    digits = _NO_DIGIT.sub("", match_text(raw)[:MAX_VALUE])
    return (digits.lstrip("0") or "0") if digits else None


FORMS: Final[Mapping[str, Former]] = {
    "as-is": as_is,
    "lower": lower,
    "url": canonical_url,
    "domain": canonical_domain,
    "email": canonical_email,
    "phone": canonical_phone,
    "number": number,
}
"""By the name under which people choose it."""
