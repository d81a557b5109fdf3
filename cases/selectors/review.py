"""Reads second looks: what waits for whom, and what came of them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import golden, policy
from cases.choices import ReviewState
from cases.models import SecondReview


def reviews_for(viewer: User) -> QuerySet[SecondReview]:
    """Second looks in the viewer's queues, newest first; what waits, not for who decided first."""
    own = Q(state=ReviewState.WAITING, decision__actor=viewer.pk)
    return (
        SecondReview.objects.filter(golden.shown_to(viewer, "decision__case"))
        .filter(decision__case__queue__in=policy.queues_of(viewer))
        .exclude(own)
        .select_related(
            "decision__case__queue",
            "decision__actor",
            "decision__policy_version",
            "policy_version",
            "reviewer",
            "settled_by",
        )
        .order_by("-pk")
    )


def waiting_reviews_for(viewer: User) -> QuerySet[SecondReview]:
    """What the viewer may give a second opinion on, oldest first."""
    return reviews_for(viewer).filter(state=ReviewState.WAITING).order_by("pk")


def disagreements_for(viewer: User) -> QuerySet[SecondReview]:
    """What the viewer may settle, oldest first."""
    rows = reviews_for(viewer).filter(state=ReviewState.DISAGREED).order_by("pk")
    if not policy.allowed(viewer, "review.settle"):
        return rows.none()
    return rows.exclude(Q(decision__actor=viewer) | Q(reviewer=viewer))


def review_by_id(review_id: int, viewer: User) -> SecondReview:
    """One of them. Raises NotFoundError."""
    row = reviews_for(viewer).filter(pk=review_id).first()
    if row is None:
        message = "There is no such second look."
        raise NotFoundError(message)
    return row


def own_reviews_for(viewer: User) -> QuerySet[SecondReview]:
    """Second looks at the viewer's own decisions that were given, newest first."""
    rows = reviews_for(viewer).filter(decision__actor=viewer.pk)
    return rows.exclude(reviewer=None)
