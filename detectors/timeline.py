"""Which time-line is looked at where nobody named one."""

from __future__ import annotations

from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Signal, Stream


def usual_line() -> Stream | None:
    """The live one, or the newest import where that is empty; None on a desk without signals."""
    live = Stream.objects.filter(kind=StreamKind.LIVE).first()
    if live is not None and stream.newest(live.pk) != stream.Position():
        return live
    last = Signal.objects.order_by("-pk").select_related("stream").first()
    return last.stream if last else live
