"""Reads what a detector finds while it only watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Final

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.base import Tier
from detectors.choices import FindingStatus, Mode
from detectors.models import DetectorConfig, Finding
from detectors.policy import READERS

DAYS: Final = 14
SAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Shadow:
    """What one version in shadow found. days: findings of the last 14 days, today last."""

    config: DetectorConfig
    findings: int = 0
    standing: int = 0
    opening: int = 0
    days: Sequence[int] = ()
    samples: Sequence[Finding] = field(default_factory=list)


def shadow_of(config: DetectorConfig | None, viewer: User) -> Shadow | None:
    """What the version in force found since it is in shadow; none where it is not, or in sight."""
    if config is None or config.mode != Mode.SHADOW or viewer.role not in READERS:
        return None
    rows = Finding.objects.filter(config=config).order_by()
    counts = rows.aggregate(
        findings=Count("id"),
        standing=Count("id", filter=Q(status=FindingStatus.CURRENT)),
        opening=Count("id", filter=Q(tier=Tier.OPENING)),
    )
    today = clock.now().astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    by_day: dict[date, int] = dict(
        rows.filter(created_at__date__gte=first)
        .values(day=TruncDate("created_at", tzinfo=UTC))
        .annotate(total=Count("id"))
        .values_list("day", "total")
    )
    days = [by_day.get(first + timedelta(days=number), 0) for number in range(DAYS)]
    samples = list(rows.order_by("-llr", "-pk")[:SAMPLES])
    return Shadow(config, **counts, days=days, samples=samples)
