"""Charts of the operations dashboard: figure, units, n and the table with the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from abusedesk.core.charts import Chart
from abusedesk.core.platforms import platform_name
from detectors import figures


def signals_chart(counts: Mapping[str, Mapping[date, int]], days: Sequence[date]) -> Chart:
    """Signals of each platform by day."""
    series = {platform_name(name): values for name, values in figures.by_day(counts, days).items()}
    return _by_day(
        "signals",
        "Signals by platform",
        "signals a day, by the day they happened, UTC",
        figures.stacked(series, _labels(days), "signals"),
        series,
        days,
        "No signal happened in this time.",
    )


def cases_chart(counts: Mapping[str, Mapping[date, int]], days: Sequence[date]) -> Chart:
    """Cases opened and closed by day."""
    series = figures.by_day(counts, days)
    return _by_day(
        "cases",
        "Cases opened and closed",
        "cases a day, UTC",
        figures.bars(series, _labels(days), "cases"),
        series,
        days,
        "No case was opened or closed in this time.",
    )


def backlog_chart(ages: Mapping[str, int]) -> Chart:
    """Waiting cases by age."""
    return Chart(
        slug="backlog",
        title="Age of the backlog",
        unit="cases that wait now, by the time since they were opened",
        n=sum(ages.values()),
        figure=figures.bars({"cases": list(ages.values())}, list(ages), "cases"),
        heads=["Age", "Cases"],
        lines=[[age, count] for age, count in ages.items()],
        nothing="No case waits.",
    )


def _by_day(  # noqa: PLR0917 -- private; both callers read like a table
    slug: str,
    title: str,
    unit: str,
    figure: dict[str, Any],
    series: Mapping[str, Sequence[int]],
    days: Sequence[date],
    nothing: str,
) -> Chart:
    lines = [[str(day), *(values[at] for values in series.values())] for at, day in enumerate(days)]
    return Chart(
        slug=slug,
        title=title,
        unit=unit,
        n=sum(sum(values) for values in series.values()),
        figure=figure,
        heads=["Day", *series],
        lines=lines[::-1],
        nothing=nothing,
    )


def _labels(days: Sequence[date]) -> list[str]:
    return [f"{day.day} {day:%b}" for day in days]
