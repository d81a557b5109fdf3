"""Makes and changes rules that people write. A rule is a detector, and goes the way of all of them.

A rule that only watches opens nothing, so its author needs nobody; what makes it live, or changes
one that is, is a draft that a second person puts into force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from abusedesk.core.errors import InvalidError, NotFoundError, StaleError
from abusedesk.core.models import User
from detectors.choices import Mode
from detectors.models import DetectorConfig, DetectorDraft
from detectors.policy import require
from detectors.services.config import current_of, lock_configs
from detectors.services.draft import propose_config
from detectors.sigma.detector import PREFIX, is_rule

MAX_NAME = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """What is in force after a save. draft: what waits for a second person, if anything does."""

    config: DetectorConfig
    draft: DetectorDraft | None = None


@transaction.atomic
def create_rule(
    *, actor: User, name: str, mode: str, params: Mapping[str, Any], reason: str
) -> Saved:
    """The first version of a new rule, in shadow where live was asked for, with a draft then.

    Its address is made of its name. Raises ForbiddenError, or InvalidError naming the field.
    """
    require(actor, "rule.save")
    slug = _slug_of(name)
    lock_configs()
    if DetectorConfig.objects.filter(slug=slug).exists():
        message = "There is a rule of this name already."
        raise InvalidError(message, field="name")
    first = Mode.SHADOW if mode == Mode.LIVE else mode
    said: dict[str, Any] = {"slug": slug, "params": params, "reason": reason}
    watching = propose_config(actor=actor, mode=first, **said)
    draft = propose_config(actor=actor, mode=mode, **said) if mode == Mode.LIVE else watching
    return _saved(draft)


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
    lost_because: str = "",
    beside: bool = False,
) -> Saved:
    """The next version of a rule. based_on: number of the version that the caller saw.

    beside: it is to watch beside that version, in shadow.

    lost_because: why cases that are kept as tests may be lost.
    Raises ForbiddenError, NotFoundError, StaleError, or InvalidError naming the field.
    """
    require(actor, "rule.save")
    lock_configs()
    current = current_of(slug)
    if current is None or not is_rule(slug):
        message = "There is no such rule."
        raise NotFoundError(message)
    if current.number != based_on:
        message = (
            f"Version {current.number} was saved meanwhile: {current.reason}. What you wrote is "
            "still here; saving again takes its place."
        )
        raise StaleError(message, number=current.number)
    draft = propose_config(
        actor=actor,
        slug=slug,
        mode=mode,
        params=params,
        reason=reason,
        lost_because=lost_because,
        beside=beside,
    )
    return _saved(draft)


def _saved(draft: DetectorDraft) -> Saved:
    if draft.made:
        return Saved(draft.made)
    return Saved(DetectorConfig.objects.get(slug=draft.slug, current=True), draft)
