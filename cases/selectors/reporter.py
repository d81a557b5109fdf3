"""Reads what is known of reporters."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.models import User
from cases import policy
from cases.models import Reporter


def reporters_for(viewer: User) -> QuerySet[Reporter]:
    """Reporters whose reports were judged, or who act as one; counts of all queues."""
    if not policy.allowed(viewer, "case.view"):
        return Reporter.objects.none()
    return Reporter.objects.exclude(decided=0, ring=None)
