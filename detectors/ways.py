"""Which changes of a detector take one person, and which take two."""

from __future__ import annotations

from typing import Final

from detectors.choices import Mode, Way
from detectors.models import DetectorConfig
from detectors.sigma.detector import is_rule

_POWER: Final = {Mode.OFF: 0, Mode.SHADOW: 1, Mode.LIVE: 2}


def way_alone(slug: str, mode: str, before: DetectorConfig | None, *, same: bool) -> Way | None:
    """How a draft comes into force that takes one person; None where it takes two."""
    if before and same and _POWER[Mode(mode)] < _POWER[Mode(before.mode)]:
        return Way.STOOD_DOWN
    if before and same and mode == before.mode == Mode.SHADOW and before.promote_at:
        return Way.STOOD_DOWN  # it stays in shadow, where it would have gone live by itself
    was_live = before is not None and before.mode == Mode.LIVE
    watches = is_rule(slug) and mode != Mode.LIVE and not was_live
    return Way.SET if watches else None
