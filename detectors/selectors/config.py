"""Reads detector configurations and how detectors fare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Count, Q

from abusedesk.core import clock
from detectors import registry, stream
from detectors.choices import StreamKind
from detectors.models import DetectorConfig, Finding, Quarantine, Shard, Stream
from detectors.stream import Position

WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DetectorStats:
    """How one detector fares. findings_7d and opening: new in seven days; lag_s: seconds of
    signals that it has not seen on the live stream."""

    findings_7d: int = 0
    opening: int = 0
    lag_s: float = 0.0
    late: int = 0
    quarantined: int = 0
    error: str = ""


def current_configs() -> dict[str, DetectorConfig]:
    """Slug -> the configuration in force, for detectors that have one."""
    rows = DetectorConfig.objects.filter(current=True, slug__in=registry.all_detectors())
    return {row.slug: row for row in rows.select_related("created_by")}


def configs_of(slug: str) -> list[DetectorConfig]:
    """All versions of one detector's configuration, newest first."""
    return list(DetectorConfig.objects.filter(slug=slug).select_related("created_by"))


def detector_stats() -> dict[str, DetectorStats]:
    """Stats of every detector, by slug."""
    since = clock.now() - WINDOW
    found = {
        slug: (total, opening)
        for slug, total, opening in Finding.objects.filter(created_at__gte=since)
        .values("detector")
        .annotate(total=Count("id"), opening=Count("id", filter=Q(tier="opening")))
        .values_list("detector", "total", "opening")
    }
    shards: dict[str, list[Shard]] = {}
    for shard in Shard.objects.filter(config__current=True).select_related("config", "stream"):
        shards.setdefault(shard.config.slug, []).append(shard)
    aside = dict(
        Quarantine.objects.filter(config__current=True)
        .values("config__slug")
        .annotate(total=Count("id"))
        .values_list("config__slug", "total")
    )
    return {
        slug: _stats(*found.get(slug, (0, 0)), shards.get(slug, []), aside.get(slug, 0))
        for slug in registry.all_detectors()
    }


def lag_seconds() -> float:
    """Seconds between the newest stored live signal and the newest one that all detectors saw."""
    rows = Shard.objects.filter(stream__kind=StreamKind.LIVE, config__current=True)
    return max((_lag(row) for row in rows.exclude(config__mode="off")), default=0.0)


def is_reading() -> bool:
    """Whether some detector has signals before it, on whatever stream."""
    rows = Shard.objects.filter(config__current=True).exclude(config__mode="off")
    behind: dict[int, Position] = {}
    for row in rows:
        seen = Position(row.epoch, row.tx, row.signal_id)
        behind[row.stream_id] = min(seen, behind.get(row.stream_id, seen))
    return any(seen < stream.newest(stream_id) for stream_id, seen in behind.items())


def _stats(total: int, opening: int, shards: list[Shard], aside: int) -> DetectorStats:
    live = [shard for shard in shards if shard.stream.kind == StreamKind.LIVE]
    return DetectorStats(
        findings_7d=total,
        opening=opening,
        lag_s=max((_lag(shard) for shard in live), default=0.0),
        late=sum(shard.late for shard in shards),
        quarantined=aside,
        error=next((shard.error for shard in shards if shard.error), ""),
    )


def _lag(shard: Shard) -> float:
    newest = stream.newest(shard.stream_id)
    seen = Position(shard.epoch, shard.tx, shard.signal_id)
    if seen >= newest:
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM max(received_at))::float8 FROM detectors_signal"
            " WHERE id = ANY(%s) GROUP BY id ORDER BY id",
            [[seen.signal_id, newest.signal_id]],
        )
        times = [row[0] for row in cursor.fetchall()]
    return times[-1] - times[0] if len(times) > 1 else 0.0


def live_stream_id() -> int | None:
    """The stream that posted signals join."""
    return Stream.objects.filter(kind=StreamKind.LIVE).values_list("pk", flat=True).first()
