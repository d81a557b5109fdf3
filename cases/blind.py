"""Which decisions a viewer may not know yet, because a second person must not know the first."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from abusedesk.core.models import User
from cases.choices import ReviewState
from cases.models import Decision, SecondReview


def unveiled(viewer: User) -> Q:
    """Condition on decisions: the viewer made it, or its second opinion is given."""
    return Q(actor=viewer.pk) | ~awaited()


def awaited() -> Q:
    """Condition on decisions: the second opinion is to be given."""
    waiting = SecondReview.objects.filter(decision=OuterRef("pk"), state=ReviewState.WAITING)
    return Q(Exists(waiting))


def veiled_of(case_ids: Collection[int], viewer: User) -> QuerySet[Decision]:
    """Decisions of these cases that the viewer may not know yet."""
    return Decision.objects.filter(~unveiled(viewer), case__in=case_ids)


def by_who_decided(case_ids: Collection[int], viewer: User) -> Exists:
    """Condition on notes of these cases: they show together with the verdict of who wrote them.

    Who has decided says why in notes.
    """
    return Exists(veiled_of(case_ids, viewer).filter(actor=OuterRef("author")))
