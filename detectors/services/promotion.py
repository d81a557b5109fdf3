"""Takes detectors out of shadow when the time that was approved for it is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from abusedesk.core import clock
from detectors import registry
from detectors.choices import AlarmKind, Mode, Way
from detectors.guards import obstacle_to_mode
from detectors.models import DetectorAlarm, DetectorConfig, Shard
from detectors.services.config import Origin, Settings, current_of, lock_configs, put_in_force


def promote_due() -> int:
    """Put live what is due and runs well. Returns how many versions that made."""
    due = DetectorConfig.objects.filter(current=True, mode=Mode.SHADOW, promote_at__lte=clock.now())
    slugs = due.order_by("slug").values_list("slug", flat=True)
    return sum(_promote(slug) for slug in slugs if registry.exists(slug))


def is_due() -> bool:
    """Whether some detector's time in shadow is over."""
    rows = DetectorConfig.objects.filter(current=True, mode=Mode.SHADOW)
    return rows.filter(promote_at__lte=clock.now()).exists()


def obstacle_to(*, config: DetectorConfig) -> str:
    """Why a detector stays in shadow although its time is over; empty where nothing keeps it."""
    if Shard.objects.filter(config=config).exclude(error="").exists():
        return "it ends with an error"
    wild = DetectorAlarm.objects.filter(detector=config.slug, kind=AlarmKind.SPIKE, ended_at=None)
    if wild.exists():
        return "it runs wild"
    return obstacle_to_mode(config.slug, Mode.LIVE, config.params)


@transaction.atomic
def _promote(slug: str) -> bool:
    """Exactly what was approved, unless somebody changed it meanwhile."""
    lock_configs()
    config = current_of(slug)
    if config is None or config.mode != Mode.SHADOW or config.promote_at is None:
        return False
    if config.promote_at > clock.now() or obstacle_to(config=config):
        return False
    said = Settings(
        slug=slug, mode=Mode.LIVE, params=config.params, reason=_why(config, config.promote_at)
    )
    way = Way.RESUMED if config.is_tripped else Way.PROMOTED
    origin = Origin(way=way, author=config.created_by, approved_by=config.approved_by)
    put_in_force(actor=None, said=said, origin=origin)
    return True


def _why(config: DetectorConfig, until: datetime) -> str:
    hours = max(1, round((until - config.created_at).total_seconds() / 3_600))
    if config.is_tripped:
        return f"{hours} h since its circuit breaker tripped are over, as was approved"
    days = max(1, round(hours / 24))
    return f"{days} day{'s' if days > 1 else ''} in shadow are over, as was approved"
