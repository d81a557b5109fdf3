"""Counts of signals for dashboards."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.selectors.signal import signals_for


def signals_by_day(viewer: User, days: int) -> dict[str, dict[date, int]]:
    """Platform -> day -> signals that happened then, the largest platform first; UTC days."""
    since = clock.now() - timedelta(days=days)
    rows = (
        signals_for(viewer)
        .filter(occurred_at__gte=since)
        .order_by()
        .values("platform", day=TruncDate("occurred_at"))
        .annotate(total=Count("id"))
    )
    found: dict[str, dict[date, int]] = {}
    for row in rows:
        found.setdefault(row["platform"], {})[row["day"]] = row["total"]
    return dict(sorted(found.items(), key=lambda one: (-sum(one[1].values()), one[0])))
