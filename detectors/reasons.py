"""Reasons that people give for a change."""

from __future__ import annotations

from typing import Final

from abusedesk.core.errors import InvalidError

REASON_CHARS: Final = 500


def told(text: str, field: str) -> str:
    """A reason as the database can hold it. Raises InvalidError naming the field."""
    text = text.replace("\x00", "").strip()
    if not 0 < len(text) <= REASON_CHARS:
        message = f"Say why, in up to {REASON_CHARS} characters."
        raise InvalidError(message, field=field)
    return text


def why(text: str) -> str:
    """A reason in the field `reason`, which no NUL gets into. Raises InvalidError."""
    found = text.strip()
    if not found or len(found) > REASON_CHARS or "\0" in found:
        message = f"Say why, in at most {REASON_CHARS} characters; the next person will ask."
        raise InvalidError(message, field="reason")
    return found
