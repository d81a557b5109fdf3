"""Writes detector configurations: every change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from pydantic import ValidationError

from abusedesk.core import audit
from abusedesk.core.errors import ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import Role, User
from abusedesk.core.queueing import wake
from detectors import registry
from detectors.base import BaseParams
from detectors.choices import Mode
from detectors.models import DetectorConfig
from detectors.policy import require
from detectors.sigma.detector import is_rule

_LOCK = 0x434F_4E46  # "CONF"


@transaction.atomic
def save_config(
    *, actor: User | None, slug: str, mode: str, params: Mapping[str, Any], reason: str
) -> DetectorConfig:
    """Make these settings the current ones; actor: None is the desk itself.

    Raises ForbiddenError, or InvalidError naming the field.
    """
    if actor is not None:
        require_change(actor=actor, slug=slug)
    if not registry.exists(slug):
        message = f"There is no detector called {slug}."
        raise NotFoundError(message)
    if mode not in Mode.values:
        message = "Choose off, shadow or live."
        raise InvalidError(message, field="mode")
    checked = checked_params(slug, params)
    _one_at_a_time()
    before = (
        DetectorConfig.objects.select_for_update(no_key=True)
        .filter(slug=slug, current=True)
        .first()
    )
    DetectorConfig.objects.filter(slug=slug, current=True).update(current=False)
    config = DetectorConfig.objects.create(
        slug=slug,
        number=before.number + 1 if before else 1,
        mode=mode,
        params=checked.model_dump(mode="json"),
        params_hash=checked.digest(),
        reason=reason,
        created_by=actor,
    )
    audit.append(
        actor=actor,
        verb=audit.Verb.DETECTOR_CONFIGURED,
        target=config,
        target_type="detector",
        target_id=slug,
        number=config.number,
        mode=mode,
        reason=reason,
    )
    wake("detectors.sweep")
    return config


def require_change(*, actor: User, slug: str) -> None:
    """Raises ForbiddenError: rules are those of leads too."""
    if is_rule(slug):
        require(actor, "rule.save")
    else:
        require_admin(actor=actor)


def require_admin(*, actor: User) -> None:
    """Raises ForbiddenError: what a token may do never exceeds what its owner may."""
    if actor.role != Role.ADMIN:
        message = "Only an admin may change a detector."
        raise ForbiddenError(message)


def ensure_configs() -> None:
    """Give every detector that has none its defaults, live."""
    if not _unconfigured():
        return
    with transaction.atomic():
        _one_at_a_time()
        for slug in _unconfigured():
            save_config(actor=None, slug=slug, mode=Mode.LIVE, params={}, reason="as shipped")


def checked_params(slug: str, params: Mapping[str, Any]) -> BaseParams:
    """Parameters of a detector. Raises InvalidError naming the field."""
    try:
        return registry.get(slug).Params.model_validate(dict(params))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "params"
        message = f"{field}: {first['msg']}"
        raise InvalidError(message, field=field) from error


def _unconfigured() -> list[str]:
    known = set(DetectorConfig.objects.filter(current=True).values_list("slug", flat=True))
    return [slug for slug in registry.all_detectors() if slug not in known]


def _one_at_a_time() -> None:
    """Two writers would both make version n + 1."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
