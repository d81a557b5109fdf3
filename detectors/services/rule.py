"""Makes rules that people write. A rule is a detector: later changes go the way of all settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from abusedesk.core.errors import InvalidError, NotFoundError, StaleError
from abusedesk.core.models import User
from detectors.models import DetectorConfig
from detectors.policy import require
from detectors.services.config import save_config
from detectors.sigma.detector import PREFIX, is_rule

MAX_NAME = 50


@transaction.atomic
def create_rule(
    *, actor: User, name: str, mode: str, params: Mapping[str, Any], reason: str
) -> DetectorConfig:
    """The first version of a new rule. Its address is made of its name.

    Raises ForbiddenError, or InvalidError naming the field.
    """
    require(actor, "rule.save")
    slug = _slug_of(name)
    if DetectorConfig.objects.filter(slug=slug).exists():
        message = "There is a rule of this name already."
        raise InvalidError(message, field="name")
    return save_config(actor=actor, slug=slug, mode=mode, params=params, reason=reason)


def _slug_of(name: str) -> str:
    """The slug of a new rule. Raises InvalidError."""
    if len(name.strip()) > MAX_NAME:
        message = f"A name has at most {MAX_NAME} characters."
        raise InvalidError(message, field="name")
    slug = f"{PREFIX}{slugify(name)}"
    if not is_rule(slug):
        message = "A name needs letters or digits of the Latin alphabet; the title may have any."
        raise InvalidError(message, field="name")
    return slug


@transaction.atomic
def change_rule(
    *,
    actor: User,
    slug: str,
    based_on: int,
    mode: str,
    params: Mapping[str, Any],
    reason: str,
) -> DetectorConfig:
    """The next version of a rule. based_on: number of the version that the caller saw.

    Raises ForbiddenError, NotFoundError, StaleError, or InvalidError naming the field.
    """
    require(actor, "rule.save")
    rows = DetectorConfig.objects.select_for_update(no_key=True)
    current = rows.filter(slug=slug, current=True).first()
    if current is None:
        message = "There is no such rule."
        raise NotFoundError(message)
    if current.number != based_on:
        message = (
            f"Version {current.number} was saved meanwhile: {current.reason}. What you wrote is "
            "still here; saving again takes its place."
        )
        raise StaleError(message, number=current.number)
    return save_config(actor=actor, slug=slug, mode=mode, params=params, reason=reason)
