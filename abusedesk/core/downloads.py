"""Files that are made while they are sent."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse

from abusedesk.core import clock


def csv_file(name: str, pieces: Iterator[str]) -> StreamingHttpResponse:
    """A table to keep. name: what it is of."""
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{clock.now():%Y%m%d-%H%M}.csv"',
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )
