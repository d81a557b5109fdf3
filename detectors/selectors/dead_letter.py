"""Reads refused items."""

from __future__ import annotations

from django.db.models import QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Role, User
from detectors.models import DeadLetter

READERS = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})


def letters_for(viewer: User) -> QuerySet[DeadLetter]:
    """Refused items, newest first. An integration sees those of its own sources."""
    letters = DeadLetter.objects.select_related("source")
    if viewer.role == Role.INTEGRATION:
        return letters.filter(source__token__user=viewer)
    return letters if viewer.role in READERS else letters.none()


def letter_by_id(letter_id: int, viewer: User) -> DeadLetter:
    """One refused item. Raises NotFoundError, also for what the viewer may not see."""
    letter = letters_for(viewer).filter(pk=letter_id).first()
    if letter is None:
        message = "There is no such refused item."
        raise NotFoundError(message)
    return letter
