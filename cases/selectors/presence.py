"""Reads who has the desk open, and who looks at a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import policy
from cases.models import Case, Presence

STAYS: Final = timedelta(seconds=45)
"""Quiet pages ask every 15 s; who missed three rounds has gone."""
NAMED: Final = 20


def online_for(viewer: User) -> ArraySubquery:
    """Names of others as one column of another query: no page asks once more for them."""
    return ArraySubquery(_others(viewer).values("user__username")[:NAMED])


def viewers_of(case: Case, viewer: User) -> list[str]:
    """Names of others who have this case on their screen; none for who cannot see it."""
    if not policy.can_see(viewer, case):
        return []
    rows = _others(viewer).filter(case=case)
    return list(rows.values_list("user__username", flat=True)[:NAMED])


def _others(viewer: User) -> QuerySet[Presence]:
    if not policy.allowed(viewer, "case.view"):
        return Presence.objects.none()
    rows = Presence.objects.filter(seen_at__gte=clock.now() - STAYS, user__is_active=True)
    return rows.exclude(user=viewer).order_by("user__username")
