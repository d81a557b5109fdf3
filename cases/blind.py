"""Which decisions a viewer may not know yet, because a second person must not know the first."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from abusedesk.core.models import User
from cases.choices import ReviewState
from cases.models import Case, Decision, SecondReview


def unveiled(viewer: User) -> Q:
    """Condition on decisions: the viewer made it, or its second opinion is given."""
    waiting = SecondReview.objects.filter(decision=OuterRef("pk"), state=ReviewState.WAITING)
    return Q(actor=viewer.pk) | Q(~Exists(waiting))


def veiled_of(case: Case, viewer: User) -> QuerySet[Decision]:
    """Decisions of the case that the viewer may not know yet."""
    return case.decisions.filter(~unveiled(viewer))
