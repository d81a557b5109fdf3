"""On which time-line and days a form wants something tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from abusedesk.core.models import User
from detectors.selectors.line import line_by_slug
from detectors.timeline import last_days, usual_line

WINDOWS: Final = (7, 30, 90, 365)
"""Days that a backtest may span, as the pages offer them."""


def window_of(data: Mapping[str, str], viewer: User) -> dict[str, Any]:
    """`since`, `until` and `line` for a backtest; a line that is none is for it to refuse."""
    days, slug = data.get("days", ""), data.get("line", "")
    line = line_by_slug(slug, viewer) if slug else usual_line()
    since, until = last_days(line, int(days) if days in map(str, WINDOWS) else WINDOWS[0])
    return {"since": since, "until": until, "line": slug}
