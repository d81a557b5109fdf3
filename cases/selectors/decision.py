"""Reads decisions; one whose second opinion is awaited exists only for who made it."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import golden, policy
from cases.blind import unveiled
from cases.models import Decision


def decisions_for(viewer: User) -> QuerySet[Decision]:
    """Decisions that the viewer may know, newest first."""
    seen = golden.shown_to(viewer, "case")
    rows = Decision.objects.filter(seen, unveiled(viewer), case__queue__in=policy.queues_of(viewer))
    return rows.select_related("case", "actor", "policy_version", "undone_by").order_by("-pk")


def decision_by_id(decision_id: int, viewer: User) -> Decision:
    """One of them. Raises NotFoundError."""
    return _found(decisions_for(viewer), decision_id)


def appealable_by_id(decision_id: int, viewer: User) -> Decision:
    """The decision that an appeal names, which need not be known to who hands it in.

    An integration knows its number from the webhook. Raises NotFoundError.
    """
    rows = Decision.objects.filter(golden.shown_to(viewer, "case")).select_related("case__queue")
    if policy.allowed(viewer, "case.view"):
        rows = rows.filter(case__queue__in=policy.queues_of(viewer))
    elif not policy.allowed(viewer, "appeal.open"):
        rows = rows.none()
    return _found(rows, decision_id)


def _found(rows: QuerySet[Decision], decision_id: int) -> Decision:
    row = rows.filter(pk=decision_id).first()
    if row is None:
        message = "There is no such decision."
        raise NotFoundError(message, field="decision")
    return row
