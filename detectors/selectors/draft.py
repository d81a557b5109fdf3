"""Reads drafts of settings."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.models import Backtest, DetectorDraft
from detectors.selectors.backtest import backtests_for
from detectors.selectors.config import detectors_for


def drafts_for(viewer: User, slug: str = "") -> QuerySet[DetectorDraft]:
    """Drafts, newest first; slug: of one detector."""
    seen = detectors_for(viewer).keys()
    rows = DetectorDraft.objects.filter(slug__in={slug} & seen if slug else seen)
    return rows.select_related("author", "settled_by", "made").order_by("-id")


def draft_by_id(draft_id: int, viewer: User, slug: str = "") -> DetectorDraft:
    """One draft. Raises NotFoundError, also for what the viewer may not see."""
    row = drafts_for(viewer, slug).filter(pk=draft_id).first()
    if row is None:
        message = "There is no such draft."
        raise NotFoundError(message)
    return row


def backtests_of(draft: DetectorDraft, viewer: User) -> QuerySet[Backtest]:
    """Runs that tried the very parameters of a draft, newest first."""
    return backtests_for(viewer, draft.slug).filter(proposed=draft.params)
