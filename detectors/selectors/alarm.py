"""Reads alarms of detectors."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.models import User
from detectors.models import DetectorAlarm
from detectors.policy import seen_by


def alarms_for(viewer: User, slug: str = "") -> QuerySet[DetectorAlarm]:
    """Alarms that were raised, newest first; slug: of one detector."""
    rows = DetectorAlarm.objects.filter(seen_by(viewer, "detector"))
    if slug:
        rows = rows.filter(detector=slug)
    return rows.select_related("source").order_by("-id")


def open_alarms_for(viewer: User, slug: str = "") -> list[DetectorAlarm]:
    """Those that are not over."""
    return list(alarms_for(viewer, slug).filter(ended_at=None))
