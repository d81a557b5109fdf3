"""Reads findings."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors.models import Finding
from detectors.policy import READERS


def findings_for(viewer: User) -> QuerySet[Finding]:
    """Findings this person may see, newest first."""
    return Finding.objects.all() if viewer.role in READERS else Finding.objects.none()


def finding_by_id(finding_id: int, viewer: User) -> Finding:
    """One finding. Raises NotFoundError, also for what the viewer may not see."""
    finding = findings_for(viewer).filter(pk=finding_id).first()
    if finding is None:
        message = "There is no such finding."
        raise NotFoundError(message)
    return finding
