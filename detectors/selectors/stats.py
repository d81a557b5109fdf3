"""Reads how detectors fare: what they found lately, how far they are behind, and what fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Count, OuterRef, Q, Subquery

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Finding, Quarantine, Shard
from detectors.running import running
from detectors.selectors.config import detectors_for
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
