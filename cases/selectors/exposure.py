"""Reads the budgets of a team, points and never what was read, and the breaks of oneself."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.models import User
from cases import policy
from cases.budget import Budget
from cases.exposure import COLUMNS, budget, budgeted
from cases.models import Break
from cases.selectors.queue import people_for

BREAKS = 50


def budgets_for(viewer: User) -> list[tuple[User, Budget]]:
    """Everybody who reviews, by name, with their points of this shift."""
    if not policy.allowed(viewer, "exposure.extend"):
        return []
    return [
        (person, budget(*(getattr(person, name) for name in COLUMNS)))
        for person in budgeted(people_for(viewer))
    ]


def breaks_for(viewer: User) -> QuerySet[Break]:
    """The viewer's own, newest first; nobody sees those of somebody else."""
    if not policy.allowed(viewer, "break.own"):
        return Break.objects.none()
    return Break.objects.filter(user=viewer)
