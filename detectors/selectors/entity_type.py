"""Reads the types of entities that people added."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.models import User
from detectors.models import EntityType
from detectors.normalise.forms import FORMS, Former
from detectors.policy import READERS


def entity_types_for(viewer: User) -> QuerySet[EntityType]:
    """Types that people added, by slug. Partners see none."""
    rows = EntityType.objects.select_related("created_by")
    return rows if viewer.role in READERS else rows.none()


def forms_by_slug() -> dict[str, Former]:
    """Slug -> canonical form, of the types that people added."""
    return {slug: FORMS[form] for slug, form in EntityType.objects.values_list("slug", "form")}
