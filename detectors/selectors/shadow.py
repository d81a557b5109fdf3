"""Reads what a detector finds while it only watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Q
from django.db.models.functions import JSONObject, TruncHour

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors import rates
from detectors.base import Tier
from detectors.choices import FindingStatus, Mode
from detectors.models import DetectorConfig, Finding
from detectors.policy import READERS
from detectors.running import running

DAYS: Final = 14
SAMPLES: Final = 5
HOUR: Final = timedelta(hours=1)
_HOUR_OF: Final = TruncHour("created_at", tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shadow:
    """What one version in shadow found. days: findings of the last 14 days, today last.

    is_wild: whether it finds far more now than it did.
    """

    config: DetectorConfig
    findings: int = 0
    standing: int = 0
    opening: int = 0
    days: Sequence[int] = ()
    samples: Sequence[Finding] = field(default_factory=list)
    is_wild: bool = False


def shadow_of(config: DetectorConfig | None, viewer: User) -> Shadow | None:
    """What a version found since it is in shadow; none where it is not, or in sight."""
    if config is None or config.mode != Mode.SHADOW or viewer.role not in READERS:
        return None
    rows = Finding.objects.filter(config=config).order_by()
    told = rows.values(hour=_HOUR_OF).annotate(
        total=Count("id"),
        standing=Count("id", filter=Q(status=FindingStatus.CURRENT)),
        opening=Count("id", filter=Q(tier=Tier.OPENING)),
    )
    # the hours ride on the samples: a page asks once
    each = JSONObject(hour="hour", total="total", standing="standing", opening="opening")
    heaviest = rows.annotate(hours=ArraySubquery(told.values(told=each)))
    samples = list(heaviest.order_by("-llr", "-pk")[:SAMPLES])
    hours = samples[0].hours if samples else []
    by_hour = {datetime.fromisoformat(one["hour"]): int(one["total"]) for one in hours}
    return Shadow(
        config,
        findings=sum(by_hour.values()),
        standing=sum(one["standing"] for one in hours),
        opening=sum(one["opening"] for one in hours),
        days=_days(by_hour),
        samples=samples,
        is_wild=_spike(config, by_hour) is not None,
    )


def shadows_by_detector(slug: str, viewer: User) -> list[Shadow]:
    """The version in force, where it is in shadow, and the one that watches beside it."""
    rows = DetectorConfig.objects.filter(running(), slug=slug).order_by("-current", "pk")
    found = (shadow_of(one, viewer) for one in rows)
    return [one for one in found if one is not None]


def spike_of(config: DetectorConfig) -> rates.Judged | None:
    """That a version finds far more now than it did; the desk asks, for no person."""
    rows = Finding.objects.filter(config=config).order_by().values(hour=_HOUR_OF)
    hours = rows.annotate(total=Count("id")).values_list("hour", "total")
    return _spike(config, dict(hours))


def _spike(config: DetectorConfig, by_hour: Mapping[datetime, int]) -> rates.Judged | None:
    now = _hour(clock.now())
    week = now - timedelta(hours=rates.HISTORY_H + rates.RECENT_H - 1)
    first = max(week, _hour(config.created_at))
    hours = int((now - first) / HOUR) + 1
    return rates.spike([by_hour.get(first + n * HOUR, 0) for n in range(hours)])


def _days(by_hour: Mapping[datetime, int]) -> list[int]:
    today = clock.now().astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    days = [0] * DAYS
    for hour, total in by_hour.items():
        number = (hour.astimezone(UTC).date() - first).days
        if 0 <= number < DAYS:
            days[number] += total
    return days


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
