"""Drops what nobody needs any more."""

from __future__ import annotations

from cases.services.exposure import forget_seen
from cases.services.file import drop_orphans


def drop_leftovers() -> None:
    """Bytes that no file names, and what was seen in shifts that are over."""
    drop_orphans()
    forget_seen()
