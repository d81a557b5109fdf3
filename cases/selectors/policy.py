"""Reads policies."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.models import PolicyVersion


def policies_for(viewer: User) -> QuerySet[PolicyVersion]:
    """Versions in force, by name."""
    return policy_versions_for(viewer).filter(current=True).order_by("title", "slug")


def policy_versions_for(viewer: User) -> QuerySet[PolicyVersion]:
    """Every version of every policy, the newest of each first."""
    rows = PolicyVersion.objects.select_related("created_by")
    return rows if policy.allowed(viewer, "policy.view") else rows.none()


def policy_by_slug(slug: str, viewer: User) -> PolicyVersion:
    """The version in force. Raises NotFoundError."""
    row = policies_for(viewer).filter(slug=slug.replace("\x00", "")).first()
    if row is None:
        message = "There is no such policy."
        raise NotFoundError(message, field="policy")
    return row
