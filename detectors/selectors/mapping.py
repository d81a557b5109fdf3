"""Reads saved mappings, and makes adapters of them."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.mapping.plan import plan_of
from detectors.mapping.reader import MappedAdapter, label
from detectors.mapping.spec import read_spec
from detectors.models import SavedMapping
from detectors.policy import READERS

MAX_DIGITS: Final = 7


def mappings_for(viewer: User) -> QuerySet[SavedMapping]:
    """The current version of every mapping, by name. Partners see none."""
    rows = SavedMapping.objects.filter(current=True).select_related("created_by")
    return rows if viewer.role in READERS else rows.none()


def mapping_by_name(name: str, viewer: User) -> SavedMapping:
    """The current version of `acme`, or version 3 as `acme@3`.

    Raises NotFoundError, also for what the viewer may not see.
    """
    found = _by_name(name) if viewer.role in READERS else None
    if found is None:
        message = "There is no such mapping."
        raise NotFoundError(message)
    return found


def mapping_versions_of(slug: str, viewer: User) -> list[SavedMapping]:
    """All versions of one mapping, newest first, without their samples."""
    if viewer.role not in READERS:
        return []
    rows = SavedMapping.objects.filter(slug=slug).select_related("created_by")
    return list(rows.defer("sample", "spec"))


def adapter_by_name(name: str) -> MappedAdapter:
    """The adapter of `acme` or `acme@3`. Raises NotFoundError."""
    found = _by_name(name)
    if found is None:
        message = f"There is no mapping {name[:40]!r}."
        raise NotFoundError(message, field="mapping")
    plan = plan_of(read_spec(found.spec), found.slug)
    return MappedAdapter(plan, label(found.slug, found.number))


def _by_name(name: str) -> SavedMapping | None:
    slug, at, number = name.partition("@")
    rows = SavedMapping.objects.filter(slug=slug).select_related("created_by")
    if not at:
        return rows.filter(current=True).first()
    is_number = number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS
    return rows.filter(number=int(number)).first() if is_number else None
