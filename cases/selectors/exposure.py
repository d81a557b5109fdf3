"""Reads the budgets of a team: points, never what was read."""

from __future__ import annotations

from abusedesk.core.models import User
from cases import policy
from cases.exposure import Budget, budget_of
from cases.selectors.queue import people_for


def budgets_for(viewer: User) -> list[tuple[User, Budget]]:
    """Everybody who reviews, by name, with their points of this shift."""
    if not policy.allowed(viewer, "exposure.extend"):
        return []
    return [(person, budget_of(person)) for person in people_for(viewer)]
