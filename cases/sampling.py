"""Which decisions are looked at twice: by lot, and by rule."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from abusedesk.core import ids
from cases.choices import ActionKind, Confidence, ReviewWhy, Severity
from cases.models import Decision
from detectors.choices import EntityType

HARD: Final = (ActionKind.SUSPEND, ActionKind.TERMINATE)
PURPOSE: Final = "second review"
BUCKETS: Final = 10_000
# What makes a wrong verdict more costly or more likely, and how much more often it is drawn.
BY_SEVERITY: Final = {Severity.HIGH: 1.5, Severity.CRITICAL: 2.0}
BY_CONFIDENCE: Final = {Confidence.LOW: 2.0}
BY_PRIORITY: Final = 1.0
"""A case of priority 100 is drawn so much more often than one of priority 0."""


def reason_for_second_look(decision: Decision) -> ReviewWhy | None:
    """Why `decision` needs a second opinion; None when the first stands alone."""
    under = decision.policy_version
    if under is None:
        return None
    if under.review_over is not None and _hard_actions(decision) > under.review_over:
        return ReviewWhy.LARGE
    percent = min(100.0, under.review_percent * risk(decision))
    return ReviewWhy.SAMPLE if drawn(decision.pk, percent) else None


def risk(decision: Decision) -> float:
    """How many times the policy's percentage this decision is drawn with, at least once."""
    case = decision.case
    urgency = max(0.0, min(1.0, case.priority / 100))
    by_confidence = BY_CONFIDENCE.get(Confidence(decision.confidence or Confidence.MEDIUM), 1.0)
    by_severity = BY_SEVERITY.get(Severity(case.severity), 1.0)
    return by_confidence * by_severity * (1 + BY_PRIORITY * urgency)


def drawn(number: int, percent: float, purpose: str = PURPOSE) -> bool:
    """The lot: a keyed hash, so that it can be drawn again and nobody can foresee it."""
    digest = ids.keyed_hash(str(number), key=settings.SECRET_KEY, purpose=purpose)
    return int(digest[:15], 16) % BUCKETS < percent * BUCKETS / 100


def _hard_actions(decision: Decision) -> int:
    return decision.actions.filter(entity_type=EntityType.ACCOUNT, kind__in=HARD).count()
