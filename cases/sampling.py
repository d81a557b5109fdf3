"""Which decisions are looked at twice: by lot, and by rule."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from abusedesk.core import ids
from cases.choices import ActionKind, ReviewWhy
from cases.models import Decision
from detectors.choices import EntityType

HARD: Final = (ActionKind.SUSPEND, ActionKind.TERMINATE)
PURPOSE: Final = "second review"
BUCKETS: Final = 10_000


def reason_for_second_look(decision: Decision) -> ReviewWhy | None:
    """Why `decision` needs a second opinion; None when the first stands alone."""
    under = decision.policy_version
    if under is None:
        return None
    if under.review_over is not None and _hard_actions(decision) > under.review_over:
        return ReviewWhy.LARGE
    return ReviewWhy.SAMPLE if drawn(decision.pk, under.review_percent) else None


def drawn(decision_id: int, percent: int) -> bool:
    """The lot: a keyed hash, so that it can be drawn again and nobody can foresee it."""
    digest = ids.keyed_hash(str(decision_id), key=settings.SECRET_KEY, purpose=PURPOSE)
    return int(digest[:15], 16) % BUCKETS < percent * BUCKETS // 100


def _hard_actions(decision: Decision) -> int:
    return decision.actions.filter(entity_type=EntityType.ACCOUNT, kind__in=HARD).count()
