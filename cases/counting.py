"""Counts the hits of a case by day, for the bars of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from abusedesk.core import clock
from cases.daily import DAYS, counted, day_of
from cases.models import Case, CaseReport


def first_day() -> datetime:
    """Since when signals are counted."""
    return clock.now() - timedelta(days=DAYS)


def count_days(case: Case, signals: Mapping[int, int]) -> None:
    """Write them into the case (not saved). signals: day -> those that its findings cite."""
    found = Counter(signals)
    if case.reports:
        found.update(_reports_by_day(case))
    case.daily_to = day_of(clock.now())
    case.daily = counted(found, case.daily_to)


def _reports_by_day(case: Case) -> Counter[int]:
    rows = CaseReport.objects.filter(case=case, reported_at__gte=first_day())
    moments = dict(rows.values_list("signal_id", "reported_at")).values()
    return Counter(day_of(at) for at in moments)
