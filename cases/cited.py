"""Which signals findings cite, and when those happened. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from detectors.models import Finding

MAX_IDS: Final = 5_000
FAST_CLOCK: Final = timedelta(minutes=10)  # how far ahead a sender's clock may run


def cited_by(findings: Sequence[Finding]) -> dict[int, list[int]]:
    """Signal id -> ids of findings, for the newest 5,000 or so signals."""
    cited: dict[int, list[int]] = defaultdict(list)
    for finding in sorted(findings, key=lambda one: one.last_at, reverse=True):
        if len(cited) >= MAX_IDS:
            break
        for signal_id in finding.signal_ids:
            cited[signal_id].append(finding.pk)
    return cited


def span_of(findings: Sequence[Finding]) -> tuple[datetime, datetime]:
    """Between which moments the signals of these findings, at least one, lie."""
    return (
        min(one.first_at for one in findings) - FAST_CLOCK,
        max(one.last_at for one in findings) + FAST_CLOCK,
    )
