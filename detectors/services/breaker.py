"""The circuit breaker of a detector: puts it into shadow, and live again."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from detectors.choices import Mode, Way
from detectors.models import DetectorConfig
from detectors.policy import change_verb, require
from detectors.reasons import told
from detectors.services.config import (
    Origin,
    Settings,
    current_of,
    lock_configs,
    put_in_force,
)


@transaction.atomic
def trip_detector(*, slug: str, reason: str, resume_hours: int | None) -> DetectorConfig | None:
    """From live to shadow at once, with the same parameters; None where it is not live.

    resume_hours: after them it goes live again by itself, as was approved with the automation.
    """
    lock_configs()
    before = current_of(slug)
    if before is None or before.mode != Mode.LIVE:
        return None
    said = Settings(slug=slug, mode=Mode.SHADOW, params=before.params, reason=reason)
    back = clock.now() + timedelta(hours=resume_hours) if resume_hours else None
    origin = Origin(way=Way.TRIPPED, author=before.created_by, promote_at=back)
    return put_in_force(actor=None, said=said, origin=origin)


@transaction.atomic
def resume_detector(*, actor: User, slug: str, reason: str) -> DetectorConfig:
    """Live again before its time, or where nobody set one. It takes one person: it was live before.

    Raises ForbiddenError, InvalidError without a reason, or ConflictError where it has not tripped.
    """
    require(actor, change_verb(slug))
    reason = told(reason, "reason")
    lock_configs()
    before = current_of(slug)
    if before is None or not before.is_tripped:
        message = "Its circuit breaker has not tripped."
        raise ConflictError(message)
    said = Settings(slug=slug, mode=Mode.LIVE, params=before.params, reason=reason)
    return put_in_force(actor=actor, said=said, origin=Origin(way=Way.RESUMED))
