"""Adds types of entities to those that the desk knows."""

from __future__ import annotations

import re
from typing import Final

from django.db import IntegrityError, transaction

from abusedesk.core import audit
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role, User
from detectors.choices import Form
from detectors.models import EntityType
from detectors.normalise.kinds import CANONICAL

OWN: Final = frozenset(
    {*CANONICAL, "account", "media", "device", "payment", "asn", "cookie", "ja4", "repost"}
)
"""Types that detectors and adapters already give a meaning."""
LIMITS: Final = {"label": 60, "meaning": 300}
# Objects know no underscore, identifiers no hyphen: a name of both has neither.
_SLUG: Final = re.compile(r"[a-z][a-z0-9]{1,39}", re.ASCII)


def add_entity_type(*, actor: User, slug: str, label: str, meaning: str, form: str) -> EntityType:
    """Link objects and identifiers of this type under this form from now on.

    Raises ForbiddenError, ConflictError for one that is there, InvalidError naming the field.
    """
    if actor.role != Role.ADMIN:
        message = "Only an admin may add a type."
        raise ForbiddenError(message)
    _check(slug, form, {"label": label.strip(), "meaning": meaning.strip()})
    try:
        with transaction.atomic():
            added = EntityType.objects.create(
                slug=slug,
                label=label.strip(),
                meaning=meaning.strip(),
                form=form,
                created_by=actor,
            )
            audit.append(
                actor=actor,
                verb=audit.Verb.ENTITY_TYPE_ADDED,
                target=added,
                target_id=slug,
                slug=slug,
                form=form,
            )
    except IntegrityError:
        message = f"There is a type {slug} already."
        raise ConflictError(message, field="slug") from None
    return added


def _check(slug: str, form: str, words: dict[str, str]) -> None:
    if not _SLUG.fullmatch(slug):
        message = "The name is 2 to 40 of a-z and 0-9, and begins with a letter."
        raise InvalidError(message, field="slug")
    if slug in OWN:
        message = f"The desk knows {slug} already, with a form of its own."
        raise InvalidError(message, field="slug")
    if form not in Form.values:
        message = f"Choose one of {', '.join(Form.values)}."
        raise InvalidError(message, field="form")
    for name, word in words.items():
        if not word or len(word) > LIMITS[name] or "\0" in word:
            message = f"The {name} is 1 to {LIMITS[name]} characters."
            raise InvalidError(message, field=name)
