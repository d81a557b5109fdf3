"""Goes back to an earlier version: a new one that equals it."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core.errors import ConflictError, NotFoundError
from abusedesk.core.models import User
from detectors.choices import Way
from detectors.models import DetectorConfig
from detectors.policy import change_verb, require
from detectors.services.config import (
    Origin,
    Settings,
    current_of,
    lock_configs,
    put_in_force,
)


@transaction.atomic
def roll_back(*, actor: User, slug: str, number: int, reason: str = "") -> DetectorConfig:
    """Make version `number` count again. It takes one person: it was in force before.

    Raises ForbiddenError, NotFoundError, ConflictError where it is in force, or InvalidError where
    this release would refuse its parameters.
    """
    require(actor, change_verb(slug))
    lock_configs()
    old = DetectorConfig.objects.filter(slug=slug, number=number).first()
    if old is None:
        message = f"There is no version {number}."
        raise NotFoundError(message)
    if old.beside is not None:
        message = (
            f"Version {number} only watched beside another and was never in force: write a draft."
        )
        raise ConflictError(message)
    before = current_of(slug)
    if before and (before.params_hash, before.mode) == (old.params_hash, old.mode):
        message = f"Version {before.number}, which is in force, says the same."
        raise ConflictError(message)
    reason = reason.replace("\x00", "").strip()[:500] or f"back to version {number}"
    said = Settings(slug=slug, mode=old.mode, params=old.params, reason=reason)
    return put_in_force(actor=actor, said=said, origin=Origin(way=Way.ROLLED_BACK, restores=number))
