"""The only source of time."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current moment, aware, UTC."""
    return datetime.now(UTC)
