"""Takes detectors out of shadow when the time that was approved for it is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from abusedesk.core import clock
from detectors import registry
from detectors.choices import AlarmKind, Mode, Way
from detectors.guards import obstacle_to_mode
from detectors.models import DetectorAlarm, DetectorConfig, Shard
from detectors.running import running
from detectors.selectors.shadow import spike_of
from detectors.services.config import (
    Origin,
    Settings,
    beside_of,
    current_of,
    lock_configs,
    put_in_force,
)
from detectors.services.run import position_of
from detectors.stream import Position


def promote_due() -> int:
    """Put live what is due and runs well. Returns how many versions that made."""
    due = [(one.slug, one.is_beside) for one in _due().order_by("slug", "number")]
    return sum(_promote(slug, beside=beside) for slug, beside in due if registry.exists(slug))


def is_due() -> bool:
    """Whether some detector's time in shadow is over."""
    return _due().exists()


def obstacle_to(*, config: DetectorConfig) -> str:
    """Why a detector stays in shadow although its time is over; empty where nothing keeps it."""
    fails = Shard.objects.filter(config=config).exclude(error="").exists()
    if config.is_beside:
        wild = spike_of(config) is not None
        now = DetectorConfig.objects.filter(slug=config.slug, current=True).first()
        return obstacle_beside(config=config, in_force=now, fails=fails, wild=wild)
    spikes = DetectorAlarm.objects.filter(detector=config.slug, kind=AlarmKind.SPIKE, ended_at=None)
    return obstacle_with(config=config, fails=fails, wild=spikes.exists())


def obstacle_with(*, config: DetectorConfig, fails: bool, wild: bool) -> str:
    """The same for a caller that knows how the version fares."""
    if fails:
        return "it ends with an error"
    if wild:
        return "it runs wild"
    return obstacle_to_mode(config.slug, Mode.LIVE, config.params)


def obstacle_beside(
    *, config: DetectorConfig, in_force: DetectorConfig | None, fails: bool, wild: bool
) -> str:
    """The same for a version that watches beside: what was approved was approved on another."""
    if in_force is None or in_force.number != config.beside:
        return f"version {in_force.number if in_force else 0} came into force since it was approved"
    return obstacle_with(config=config, fails=fails, wild=wild)


def _due() -> QuerySet[DetectorConfig]:
    rows = DetectorConfig.objects.filter(running(), mode=Mode.SHADOW)
    return rows.filter(promote_at__lte=clock.now())


@transaction.atomic
def _promote(slug: str, *, beside: bool) -> bool:
    """Exactly what was approved, unless somebody changed it meanwhile."""
    lock_configs()
    config = beside_of(slug) if beside else current_of(slug)
    if config is None or config.mode != Mode.SHADOW or config.promote_at is None:
        return False
    if config.promote_at > clock.now() or obstacle_to(config=config):
        return False
    if beside and _is_behind(config):
        return False  # it would be live from an earlier place than the version it follows
    said = Settings(
        slug=slug, mode=Mode.LIVE, params=config.params, reason=_why(config, config.promote_at)
    )
    way = Way.RESUMED if config.is_tripped else Way.PROMOTED
    origin = Origin(way=way, author=config.created_by, approved_by=config.approved_by)
    put_in_force(actor=None, said=said, origin=origin)
    return True


def _is_behind(config: DetectorConfig) -> bool:
    """Whether it has read less of some stream than the version in force."""
    places = {(one.stream_id, one.number): position_of(one) for one in config.shards.order_by("pk")}
    ahead = Shard.objects.filter(config__slug=config.slug, config__current=True)
    nowhere = Position()
    return any(places.get((one.stream_id, one.number), nowhere) < position_of(one) for one in ahead)


def _why(config: DetectorConfig, until: datetime) -> str:
    hours = max(1, round((until - config.created_at).total_seconds() / 3_600))
    if config.is_tripped:
        return f"{hours} h since its circuit breaker tripped are over, as was approved"
    days = max(1, round(hours / 24))
    return f"{days} day{'s' if days > 1 else ''} in shadow are over, as was approved"
