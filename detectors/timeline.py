"""Which time-line is looked at, and which of its days where only their number is said."""

from __future__ import annotations

from datetime import datetime, timedelta

from abusedesk.core import clock
from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Signal, Stream

SECOND = timedelta(seconds=1)


def usual_line() -> Stream | None:
    """The live one, or the newest import where that is empty; None on a desk without signals."""
    live = Stream.objects.filter(kind=StreamKind.LIVE).first()
    if live is not None and stream.newest(live.pk) != stream.Position():
        return live
    last = Signal.objects.order_by("-pk").select_related("stream").first()
    return last.stream if last else live


def last_days(line: Stream | None, days: int) -> tuple[datetime, datetime]:
    """Beginning and end of the last days: up to now, of an import up to its last signal."""
    until = clock.now()
    if line is not None and line.kind == StreamKind.IMPORT:
        last = stream.newest_time(line.pk)
        until = min(until, last + SECOND) if last else until
    return until - timedelta(days=days), until
