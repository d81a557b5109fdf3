"""Reads drafts of settings."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.models import Backtest, DetectorDraft
from detectors.policy import seen_by
from detectors.selectors.backtest import backtests_for


def drafts_for(viewer: User, slug: str = "") -> QuerySet[DetectorDraft]:
    """Drafts, newest first; slug: of one detector."""
    rows = DetectorDraft.objects.filter(seen_by(viewer, "slug"))
    if slug:
        rows = rows.filter(slug=slug)
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
    return backtests_for(viewer, draft.slug).filter(proposed=draft.params, sweep={})
