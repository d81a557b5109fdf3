"""Reads alarms of detectors."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.models import User
from detectors.models import DetectorAlarm
from detectors.selectors.config import detectors_for


def alarms_for(viewer: User, slug: str = "") -> QuerySet[DetectorAlarm]:
    """Alarms that were raised, newest first; slug: of one detector."""
    seen = detectors_for(viewer).keys()
    rows = DetectorAlarm.objects.filter(detector__in={slug} & seen if slug else seen)
    return rows.select_related("source").order_by("-id")


def open_alarms_for(viewer: User, slug: str = "") -> list[DetectorAlarm]:
    """Those that are not over."""
    return list(alarms_for(viewer, slug).filter(ended_at=None))
