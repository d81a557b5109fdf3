"""On which time-line and days a form wants something tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import User
from detectors.selectors.line import line_by_slug
from detectors.selectors.source import source_by_slug
from detectors.timeline import last_days, usual_line

WINDOWS: Final = (7, 30, 90, 365)
"""Days that a backtest may span, as the pages offer them."""


def window_of(data: Mapping[str, str], viewer: User) -> dict[str, Any]:
    """`since`, `until`, `line` and `sources` for a backtest; what is none is refused.

    Raises InvalidError for a source that is none; a line that is none is for the service to refuse.
    """
    days, slug = data.get("days", ""), data.get("line", "")
    line = line_by_slug(slug, viewer) if slug else usual_line()
    since, until = last_days(line, int(days) if days in map(str, WINDOWS) else WINDOWS[0])
    sources = _source(data.get("source", ""), viewer)
    return {"since": since, "until": until, "line": slug, "sources": sources}


def _source(slug: str, viewer: User) -> list[int]:
    if not slug:
        return []
    try:
        return [source_by_slug(slug, viewer).pk]
    except NotFoundError as error:
        raise InvalidError(error.message, field="source") from error
