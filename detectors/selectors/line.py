"""Reads the time-lines that settings can be tried on."""

from __future__ import annotations

from abusedesk.core.models import User
from detectors.choices import StreamKind
from detectors.models import Stream
from detectors.policy import READERS

MOST = 50


def lines_for(viewer: User) -> list[Stream]:
    """The live one first, then imports, the newest first. Partners see none."""
    if viewer.role not in READERS:
        return []
    rows = list(Stream.objects.order_by("-id")[:MOST])
    return sorted(rows, key=lambda one: one.kind != StreamKind.LIVE)


def line_by_slug(slug: str, viewer: User) -> Stream | None:
    """One of them; None where there is none of that name."""
    rows = Stream.objects.filter(slug=slug)
    return rows.first() if slug and viewer.role in READERS else None
