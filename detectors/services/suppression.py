"""Keeps a detector quiet about one entity until a date; after it the detector counts again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors.models import Suppression
from detectors.policy import require
from detectors.reasons import why
from detectors.selectors.config import detector_by_slug
from detectors.selectors.suppression import suppressions_in_force
from detectors.services.config import lock_configs

MAX_DAYS: Final = 90
MAX_VALUE: Final = 4_200


@transaction.atomic
def suppress_detector(
    *, actor: User, slug: str, type: str, value: str, reason: str, expires_at: datetime
) -> Suppression:
    """From now until `expires_at` what this detector finds about this entity counts for nothing.

    Raises ForbiddenError, NotFoundError, InvalidError naming the field, or ConflictError when it is
    quiet about it already.
    """
    require(actor, "detector.suppress")
    detector_by_slug(slug, actor)
    told, thing = why(reason), value.strip()
    if not thing or len(thing) > MAX_VALUE or "\0" in thing:
        message = "Say about what."
        raise InvalidError(message, field="value")
    now = clock.now()
    if not now < expires_at <= now + timedelta(days=MAX_DAYS):
        message = f"It must end in the future, within {MAX_DAYS} days."
        raise InvalidError(message, field="expires_at")
    lock_configs()  # two at once would both see none
    same = suppressions_in_force(now).filter(detector=slug, type=type, value=thing)
    if same.exists():
        message = "This detector is quiet about it already. End that first."
        raise ConflictError(message)
    row = Suppression.objects.create(
        detector=slug,
        type=type,
        value=thing,
        reason=told,
        expires_at=expires_at,
        created_by=actor,
    )
    audit.append(
        actor=actor,
        verb=Verb.DETECTOR_SUPPRESSED,
        target=row,
        detector=slug,
        about=f"{type} {thing}",
        until=expires_at,
        reason=told,
    )
    wake("detectors.fuse")
    return row


@transaction.atomic
def end_suppression(*, actor: User, suppression: Suppression) -> Suppression:
    """The detector counts again at once. Raises ForbiddenError, ConflictError when it has ended."""
    require(actor, "detector.suppress")
    row = Suppression.objects.select_for_update(no_key=True).get(pk=suppression.pk)
    now = clock.now()
    if row.ended_at is not None or row.expires_at <= now:
        message = "It has ended already."
        raise ConflictError(message)
    row.ended_at, row.ended_by = now, actor
    row.save(update_fields=["ended_at", "ended_by"])
    audit.append(
        actor=actor,
        verb=Verb.SUPPRESSION_ENDED,
        target=row,
        detector=row.detector,
        about=f"{row.type} {row.value}",
    )
    wake("detectors.fuse")
    return row
