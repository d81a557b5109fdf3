"""Reads which saved views lead a person somewhere, also for the rail of every page."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q, QuerySet
from django.db.models.functions import JSONObject

from abusedesk.core import saved
from abusedesk.core.models import SavedView, User
from cases import policy

IN_RAIL: Final = 8
COLUMNS: Final = ("id", "owner_id", "name", "page", "at", "tab", "query", "shared")


def views_for(viewer: User) -> QuerySet[SavedView]:
    """Own views and those of the team, but for queues that do not exist for them; by name."""
    seen = policy.queues_of(viewer).order_by().values("slug")
    return saved.views_for(viewer).filter(Q(at="") | Q(at__in=seen))


def rail_of(viewer: User) -> ArraySubquery:
    """The first of them as one column of another query: no page asks once more for its rail."""
    rows = views_for(viewer).select_related(None)[:IN_RAIL]
    return ArraySubquery(rows.values(told=JSONObject(**{name: name for name in COLUMNS})))


def views_of(told: list[dict[str, Any]]) -> list[SavedView]:
    """What such a column holds."""
    return [SavedView(**columns) for columns in told]
