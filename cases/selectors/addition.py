"""Reads what people added to a case by hand."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.models import Case, CaseAddition


def additions_of(case: Case, viewer: User) -> QuerySet[CaseAddition]:
    """All of them, oldest first; nothing for who cannot see the case."""
    seen = policy.can_see(viewer, case)
    rows = CaseAddition.objects.filter(case=case) if seen else CaseAddition.objects.none()
    return rows.select_related("added_by")


def addition_by_id(addition_id: int, case: Case, viewer: User) -> CaseAddition:
    """One of them. Raises NotFoundError, also for what the viewer may not see."""
    row = additions_of(case, viewer).filter(pk=addition_id).first()
    if row is None:
        message = "That is not among what was added by hand."
        raise NotFoundError(message)
    return row
