"""The version that watches in shadow beside the one in force: ends it, or proposes it as live."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from detectors.choices import Mode
from detectors.models import DetectorConfig, DetectorDraft
from detectors.policy import change_verb, require
from detectors.reasons import told
from detectors.services.config import beside_of, end_version, lock_configs
from detectors.services.draft import propose_config


@transaction.atomic
def end_beside(*, actor: User, slug: str, reason: str) -> DetectorConfig:
    """It watches no longer. It takes one person: the version in force stays as it is.

    Raises ForbiddenError, InvalidError without a reason, or ConflictError where nothing watches.
    """
    require(actor, change_verb(slug))
    reason = told(reason, "reason")
    lock_configs()
    config = _watching(slug)
    end_version(config=config, at=clock.now())
    audit.append(
        actor=actor,
        verb=audit.Verb.DETECTOR_BESIDE_ENDED,
        target=config,
        target_type="detector",
        target_id=slug,
        number=config.number,
        reason=reason,
    )
    return config


@transaction.atomic
def propose_beside(*, actor: User, slug: str, reason: str, lost_because: str = "") -> DetectorDraft:
    """A draft that puts its settings live. What it found then counts, as far as it still stands.

    lost_because: why cases kept as tests may be lost; else as its own draft said. Raises as
    `propose_config`, or ConflictError where nothing watches.
    """
    lock_configs()
    config = _watching(slug)
    return propose_config(
        actor=actor,
        slug=slug,
        mode=Mode.LIVE,
        params=config.params,
        reason=reason,
        lost_because=lost_because or _said_of_loss(config),
    )


def _said_of_loss(config: DetectorConfig) -> str:
    rows = DetectorDraft.objects.filter(made=config)
    return rows.values_list("lost_because", flat=True).first() or ""


def _watching(slug: str) -> DetectorConfig:
    config = beside_of(slug)
    if config is None:
        message = "No version watches beside the one in force."
        raise ConflictError(message)
    return config
