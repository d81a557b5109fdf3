"""What of a detector only watches, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abusedesk.core.models import User
from detectors.choices import AlarmKind
from detectors.models import DetectorAlarm, DetectorConfig
from detectors.selectors.shadow import shadow_of
from detectors.selectors.stats import DetectorStats
from detectors.services.promotion import obstacle_beside, obstacle_with


def in_force(versions: Sequence[DetectorConfig]) -> DetectorConfig | None:
    """The one of a detector's versions that counts; none while it is as shipped."""
    return next((one for one in versions if one.current), None)


def shadows(
    viewer: User,
    versions: Sequence[DetectorConfig],
    stats: DetectorStats,
    alarms: Sequence[DetectorAlarm],
) -> list[dict[str, Any]]:
    """What each version in shadow found, and why it would not go live; the one in force first."""
    found = []
    config = in_force(versions)
    if (told := shadow_of(config, viewer)) is not None:
        wild = any(one.kind == AlarmKind.SPIKE for one in alarms)
        why = obstacle_with(config=told.config, fails=bool(stats.error), wild=wild)
        found.append({"told": told, "obstacle": why, "error": ""})
    watching = next((one for one in versions if one.is_beside), None)
    if (told := shadow_of(watching, viewer)) is not None:
        why = obstacle_beside(
            config=told.config, in_force=config, fails=bool(stats.beside_error), wild=told.is_wild
        )
        found.append({"told": told, "obstacle": why, "error": stats.beside_error})
    return found
