"""Reads imports of indicators."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.choices import RowOutcome
from detectors.models import IndicatorBatch, IndicatorRow
from detectors.policy import READERS


def indicator_batches_for(viewer: User) -> QuerySet[IndicatorBatch]:
    """Imports, newest first. Partners see none."""
    rows = IndicatorBatch.objects.select_related("actor", "settled_by")
    return rows if viewer.role in READERS else rows.none()


def indicator_batch_by_id(batch_id: int, viewer: User) -> IndicatorBatch:
    """One import. Raises NotFoundError, also for what the viewer may not see."""
    batch = indicator_batches_for(viewer).filter(pk=batch_id).first()
    if batch is None:
        message = "There is no such import."
        raise NotFoundError(message)
    return batch


def indicator_rows_of(batch: IndicatorBatch, outcome: str = "") -> QuerySet[IndicatorRow]:
    """Rows of an import, in the order of the report."""
    rows = IndicatorRow.objects.filter(batch=batch).order_by("number")
    return rows.filter(outcome=outcome) if outcome in RowOutcome.values else rows


def twins_of(batch: IndicatorBatch, viewer: User) -> list[IndicatorBatch]:
    """Other imports of these very bytes, newest first."""
    same = indicator_batches_for(viewer).filter(sha256=batch.sha256)
    return list(same.exclude(pk=batch.pk)[:3])
