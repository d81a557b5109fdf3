"""Which fields of rules no signal here has: what a rule of others would look for in vain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from abusedesk.core.models import User
from detectors import stream
from detectors.models import Signal
from detectors.policy import READERS
from detectors.sigma.fields import values_of
from detectors.timeline import usual_line

LOOKED_AT: Final = 2_000


def absent_fields_for(viewer: User | None, names: Iterable[str]) -> list[str]:
    """Those of `names` that none of the newest signals has; viewer: None is the desk itself."""
    line = usual_line()
    if line is None or (viewer is not None and viewer.role not in READERS):
        return []
    rows = Signal.objects.filter(stream=line).order_by("-occurred_at", "-pk")
    ids = list(rows.values_list("pk", flat=True)[:LOOKED_AT])
    missing = set(names)
    for signal in stream.signals_by_id(ids):
        missing -= {name for name in missing if values_of(signal, name)}
        if not missing:
            break
    return sorted(missing)
