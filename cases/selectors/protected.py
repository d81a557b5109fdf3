"""Reads the list of protected entities."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.models import ProtectedEntity


def protected_entities_for(viewer: User) -> QuerySet[ProtectedEntity]:
    """Entries in force, newest first."""
    if not policy.allowed(viewer, "protected.view"):
        return ProtectedEntity.objects.none()
    rows = ProtectedEntity.objects.filter(ended_at=None).select_related("created_by")
    return rows.order_by("-pk")


def protected_entity_by_id(entry_id: int, viewer: User) -> ProtectedEntity:
    """One entry, also one that has ended. Raises NotFoundError."""
    rows = ProtectedEntity.objects.select_related("created_by")
    row = rows.filter(pk=entry_id).first() if policy.allowed(viewer, "protected.view") else None
    if row is None:
        message = "There is no such entry."
        raise NotFoundError(message)
    return row


def protection_by_value(type_: str, value: str, viewer: User) -> ProtectedEntity | None:
    """The entry in force for one entity, if there is one."""
    return protected_entities_for(viewer).filter(type=type_, value=value).first()
