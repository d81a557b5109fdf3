"""Checks of what people type."""

from __future__ import annotations

import re
from typing import Final

from abusedesk.core.errors import InvalidError

_LABEL: Final = re.compile(r"[^\W_][\w.:-]{0,39}")
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def text(value: str, *, field: str, limit: int, required: bool = True) -> str:
    """`value` as the database can hold it, without blank ends. Raises InvalidError."""
    cleaned = value.replace("\x00", "").encode("utf-8", "replace").decode().strip()
    if required and not cleaned:
        message = f"Write a {field}."
        raise InvalidError(message, field=field)
    if len(cleaned) > limit:
        message = f"The {field} has {len(cleaned):,} characters; {limit:,} is the limit."
        raise InvalidError(message, field=field)
    return cleaned


def slug(value: str, *, field: str, limit: int) -> str:
    """Small letters, digits and single hyphens, or nothing. Raises InvalidError."""
    value = value.strip()
    if value and (not _SLUG.fullmatch(value) or len(value) > limit):
        message = f"A {field} is small letters, digits and single hyphens, at most {limit}."
        raise InvalidError(message, field=field)
    return value


def label(value: str) -> str:
    """One word in small letters. Raises InvalidError."""
    word = value.strip().casefold()
    if not _LABEL.fullmatch(word):
        message = "A label is one word of at most 40 letters, digits, dots, colons and dashes."
        raise InvalidError(message, field="labels")
    return word
