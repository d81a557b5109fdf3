"""The notice of sources that fell silent."""

from __future__ import annotations

from typing import Any, Final

from abusedesk.core.models import User
from detectors.selectors.source import silent_for

SHOWN: Final = 10


def context(viewer: User) -> dict[str, Any]:
    """What `detectors/silent.html` shows: the first ten and how many there are."""
    silent = silent_for(viewer)
    return {"silent": list(silent.items())[:SHOWN], "silent_total": len(silent)}
