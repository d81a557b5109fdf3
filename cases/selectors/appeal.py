"""Reads appeals: what waits for whose ruling, and what was ruled."""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import golden, policy
from cases.choices import AppealState, ReviewState
from cases.models import Appeal, SecondReview

ASKED: Final = (ReviewState.WAITING, ReviewState.DISAGREED)


def appeals_for(viewer: User) -> QuerySet[Appeal]:
    """Appeals in the viewer's queues, newest first; for an integration those it handed in.

    One on a decision whose second look is not over waits unseen.
    """
    rows = Appeal.objects.select_related(
        "decision__case__queue",
        "decision__actor",
        "decision__policy_version",
        "opened_by",
        "ruled_by",
    ).order_by("-pk")
    if not policy.allowed(viewer, "case.view"):
        return rows.filter(opened_by=viewer.pk)
    asked = SecondReview.objects.filter(decision=OuterRef("decision"), state__in=ASKED)
    seen = golden.shown_to(viewer, "decision__case")
    return rows.filter(~Exists(asked), seen, decision__case__queue__in=policy.queues_of(viewer))


def waiting_appeals_for(viewer: User) -> QuerySet[Appeal]:
    """What the viewer may rule on, by the clock."""
    rows = appeals_for(viewer).filter(state=AppealState.WAITING).order_by("due_at", "pk")
    if not policy.allowed(viewer, "appeal.rule"):
        return rows.none()
    looks = SecondReview.objects.filter(decision=OuterRef("decision"))
    had_a_part = looks.filter(Q(reviewer=viewer) | Q(settled_by=viewer))
    ruled = Appeal.objects.filter(decision=OuterRef("decision"), ruled_by=viewer)
    return rows.exclude(decision__actor=viewer).filter(~Exists(had_a_part), ~Exists(ruled))


def appeal_by_id(appeal_id: int, viewer: User) -> Appeal:
    """One of them. Raises NotFoundError."""
    row = appeals_for(viewer).filter(pk=appeal_id).first()
    if row is None:
        message = "There is no such appeal."
        raise NotFoundError(message)
    return row
