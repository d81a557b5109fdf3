"""Reads backtests and what they found."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.models import Backtest, BacktestFinding, Source
from detectors.policy import READERS

SHOWN = 20
"""Findings of one change that a page shows."""


def backtests_for(viewer: User, slug: str = "") -> QuerySet[Backtest]:
    """Runs, newest first; slug: of one detector."""
    rows = Backtest.objects.all() if viewer.role in READERS else Backtest.objects.none()
    if slug:
        rows = rows.filter(slug=slug)
    return rows.select_related("actor", "stream").defer("payload").order_by("-id")


def backtest_by_id(run_id: int, viewer: User, slug: str = "") -> Backtest:
    """One run. Raises NotFoundError, also for what the viewer may not see."""
    row = backtests_for(viewer, slug).filter(pk=run_id).first()
    if row is None:
        message = "There is no such backtest."
        raise NotFoundError(message)
    return row


def sources_of(run: Backtest) -> list[str]:
    """Slugs of the sources whose signals alone it reads; none: those of all."""
    if not run.sources:
        return []
    rows = Source.objects.filter(pk__in=run.sources).order_by("slug")
    return list(rows.values_list("slug", flat=True))


def changes_of(run: Backtest, change: str = "") -> QuerySet[BacktestFinding]:
    """What it stored, by change, those that weigh most first."""
    rows = run.findings.order_by("change", "place")
    return rows.filter(change=change) if change else rows
