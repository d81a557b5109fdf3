"""Counts of cases for dashboards."""

from __future__ import annotations

from datetime import UTC, date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import states
from cases.selectors.case import cases_for

AGES = (("< 1 h", 1), ("1-4 h", 4), ("4-24 h", 24), ("1-3 d", 72), ("3-7 d", 168))
OLDER = "> 7 d"


def cases_by_day(viewer: User, days: int) -> dict[str, dict[date, int]]:
    """`opened` and `closed` -> day -> cases; UTC days. Checks of reviewers are no work."""
    since = clock.now() - timedelta(days=days)
    found: dict[str, dict[date, int]] = {}
    for name, column in (("opened", "opened_at"), ("closed", "closed_at")):
        real = cases_for(viewer).filter(stands_for=None)
        recent = real.filter(**{f"{column}__gte": since}).order_by()
        rows = recent.values(day=TruncDate(column, tzinfo=UTC)).annotate(total=Count("id"))
        found[name] = {row["day"]: row["total"] for row in rows}
    return found


def backlog_ages(viewer: User) -> dict[str, int]:
    """Waiting cases by age, the youngest first."""
    now = clock.now()
    limits = [now - timedelta(hours=hours) for _, hours in AGES]
    bounds = zip(limits, [None, *limits[:-1]], strict=True)
    counted = {f"age{at}": Count("id", filter=_between(*pair)) for at, pair in enumerate(bounds)}
    counted["older"] = Count("id", filter=Q(opened_at__lte=limits[-1]))
    waiting = cases_for(viewer).filter(state__in=states.WAITING, stands_for=None).order_by()
    row = waiting.aggregate(**counted)
    return {**{name: row[f"age{at}"] for at, (name, _) in enumerate(AGES)}, OLDER: row["older"]}


def _between(after: object, until: object) -> Q:
    return Q(opened_at__gt=after) & (Q(opened_at__lte=until) if until else Q())
