"""Reads detectors, their configurations and how they fare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors import registry, stream
from detectors.base import Detector
from detectors.choices import StreamKind
from detectors.models import DetectorConfig, Finding, Quarantine, Shard
from detectors.policy import READERS
from detectors.running import running
from detectors.sigma.detector import PREFIX, is_rule
from detectors.stream import Position

WINDOW = timedelta(days=7)
_RECEIVED = """
SELECT id, extract(epoch FROM max(received_at))::float8 FROM detectors_signal
WHERE id = ANY(%s) GROUP BY id
"""


@dataclass(frozen=True, slots=True)
class DetectorStats:
    """How one detector fares. findings_7d and opening: new in seven days; lag_s: seconds of
    signals that it has not seen on the live stream. beside: number of the version that watches
    beside the one in force, 0 for none; beside_error: with what that one ends."""

    findings_7d: int = 0
    opening: int = 0
    lag_s: float = 0.0
    late: int = 0
    quarantined: int = 0
    error: str = ""
    beside: int = 0
    beside_error: str = ""


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


def stats_for(viewer: User) -> dict[str, DetectorStats]:
    """Stats of every detector, by slug; of rules only where they ran or found something."""
    since = clock.now() - WINDOW
    found = {
        slug: (total, opening)
        for slug, total, opening in Finding.objects.filter(
            created_at__gte=since, config__beside=None
        )
        .values("detector")
        .annotate(total=Count("id"), opening=Count("id", filter=Q(tier="opening")))
        .values_list("detector", "total", "opening")
    }
    shards: dict[str, list[Shard]] = {}
    aside: dict[str, int] = {}
    mine = Quarantine.objects.filter(config=OuterRef("config")).order_by().values("config")
    counted = Subquery(mine.annotate(total=Count("id")).values("total"))
    rows = Shard.objects.filter(Q(config__current=True) | running("config__"))
    beside: dict[str, list[Shard]] = {}
    for shard in rows.select_related("config", "stream").annotate(aside=counted):
        if shard.config.is_beside:
            beside.setdefault(shard.config.slug, []).append(shard)
            continue
        shards.setdefault(shard.config.slug, []).append(shard)
        aside[shard.config.slug] = shard.aside or 0
    lags = _lags([shard for group in shards.values() for shard in group])
    return {
        slug: _stats(
            *found.get(slug, (0, 0)),
            shards.get(slug, []),
            lags,
            aside.get(slug, 0),
            beside.get(slug, []),
        )
        for slug in detectors_for(viewer, {*found, *shards})
    }


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


def _stats(
    total: int,
    opening: int,
    shards: list[Shard],
    lags: dict[int, float],
    aside: int,
    beside: list[Shard],
) -> DetectorStats:
    return DetectorStats(
        findings_7d=total,
        opening=opening,
        lag_s=max((lags.get(shard.pk, 0.0) for shard in shards), default=0.0),
        late=sum(shard.late for shard in shards),
        quarantined=aside,
        error=_error_in(shards),
        beside=beside[0].config.number if beside else 0,
        beside_error=_error_in(beside),
    )


def _error_in(shards: list[Shard]) -> str:
    return next((shard.error for shard in shards if shard.error), "")


def _lags(shards: Iterable[Shard]) -> dict[int, float]:
    """Shard -> seconds that it is behind, for live shards that are; two queries for one stream."""
    live = [shard for shard in shards if shard.stream.kind == StreamKind.LIVE]
    newest = {stream_id: stream.newest(stream_id) for stream_id in {one.stream_id for one in live}}
    behind = {
        shard.pk: (shard.signal_id, newest[shard.stream_id].signal_id)
        for shard in live
        if Position(shard.epoch, shard.tx, shard.signal_id) < newest[shard.stream_id]
    }
    if not behind:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [list({one for pair in behind.values() for one in pair})])
        at = dict(cursor.fetchall())
    return {
        pk: max(0.0, at[newest_id] - at[seen_id])  # a clock may have been set back
        for pk, (seen_id, newest_id) in behind.items()
        if seen_id in at and newest_id in at
    }
