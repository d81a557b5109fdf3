"""Puts a version into shadow beside the one in force."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors.choices import Mode
from detectors.models import DetectorConfig
from detectors.services.config import (
    SET,
    Origin,
    Settings,
    beside_of,
    current_of,
    end_version,
    lock_configs,
    new_version,
    tell_version,
)


@transaction.atomic
def put_beside(*, actor: User | None, said: Settings, origin: Origin = SET) -> DetectorConfig:
    """The next version, which watches in shadow beside the one in force, in place of any that did.

    Whoever calls this has asked whether they may. Raises as `put_in_force`.
    """
    lock_configs()
    config = new_version(actor=actor, said=said, origin=origin)
    before = current_of(said.slug)
    if before is None or before.mode == Mode.OFF:
        message = "The detector is off, so there is nothing to watch beside."
        raise ConflictError(message)
    if before.params_hash == config.params_hash:
        message = f"Nothing differs from version {before.number}, which is in force."
        raise ConflictError(message)
    if (watching := beside_of(said.slug)) is not None:
        end_version(config=watching, at=config.created_at)
    config.current, config.beside = False, before.number
    config.save()
    tell_version(actor=actor, verb=audit.Verb.DETECTOR_BESIDE, config=config, beside=before.number)
    wake("detectors.sweep")
    return config
