"""Reads detectors, their configurations and how they fare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors import registry, stream
from detectors.base import Detector
from detectors.models import DetectorConfig, Shard
from detectors.policy import READERS
from detectors.sigma.detector import PREFIX, is_rule
from detectors.stream import Position


def detectors_for(
    viewer: User, known: Iterable[str] | None = None
) -> dict[str, type[Detector[Any, Any]]]:
    """Slug -> detector, by slug, rules that people wrote last. Partners see none: thresholds tell
    how to stay below them.

    known: slugs that have a configuration, where the caller has read them already.
    """
    if viewer.role not in READERS:
        return {}
    if known is None:
        rows = DetectorConfig.objects.filter(current=True, slug__startswith=PREFIX)
        known = rows.values_list("slug", flat=True)
    rules = {slug: registry.get(slug) for slug in sorted(known) if is_rule(slug)}
    return registry.all_detectors() | rules


def detector_by_slug(slug: str, viewer: User) -> type[Detector[Any, Any]]:
    """One detector. Raises NotFoundError, also for what the viewer may not see."""
    if not detector_exists_for(viewer, slug):
        message = "There is no such detector."
        raise NotFoundError(message)
    return registry.get(slug)


def detector_exists_for(viewer: User, slug: str) -> bool:
    """Whether there is a detector of that name for this person."""
    if viewer.role not in READERS or not registry.exists(slug):
        return False
    return not is_rule(slug) or DetectorConfig.objects.filter(slug=slug, current=True).exists()


def configs_for(viewer: User) -> dict[str, DetectorConfig]:
    """Slug -> the configuration in force, for detectors that have one."""
    if viewer.role not in READERS:
        return {}
    rows = DetectorConfig.objects.filter(current=True).select_related("created_by")
    return {row.slug: row for row in rows if registry.exists(row.slug)}


def params_of(slug: str) -> dict[str, Any]:
    """Parameters of a detector as they are now; its defaults where nobody has set any."""
    config = DetectorConfig.objects.filter(slug=slug, current=True).first()
    return config.params if config else registry.defaults(slug).model_dump(mode="json")


def versions_for(viewer: User, slug: str) -> QuerySet[DetectorConfig]:
    """All versions of one detector's configuration, newest first."""
    rows = DetectorConfig.objects.filter(slug=slug)
    if viewer.role not in READERS or not registry.exists(slug):
        rows = rows.none()
    return rows.select_related("created_by", "approved_by").order_by("-id")


def version_by_number(slug: str, number: int, viewer: User) -> DetectorConfig:
    """One version. Raises NotFoundError, also for what the viewer may not see."""
    row = versions_for(viewer, slug).filter(number=number).first()
    if row is None:
        message = f"There is no version {number}."
        raise NotFoundError(message)
    return row


def versions_of(slug: str, viewer: User) -> list[DetectorConfig]:
    """The same at once."""
    return list(versions_for(viewer, slug))


def error_of(config: DetectorConfig) -> str:
    """With what a version ends now; empty where it runs."""
    rows = Shard.objects.filter(config=config).exclude(error="").order_by("pk")
    return rows.values_list("error", flat=True).first() or ""


def unread_for(viewer: User) -> bool:
    """Whether some detector has signals before it, on whatever stream."""
    if viewer.role not in READERS:
        return False
    rows = Shard.objects.filter(config__current=True)
    behind: dict[int, Position] = {}
    for row in rows.exclude(config__mode="off"):
        seen = Position(row.epoch, row.tx, row.signal_id)
        behind[row.stream_id] = min(seen, behind.get(row.stream_id, seen))
    return any(seen < stream.newest(stream_id) for stream_id, seen in behind.items())
