"""Checks of what people type."""

from __future__ import annotations

from abusedesk.core.errors import InvalidError


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
