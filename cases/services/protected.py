"""Keeps the list of protected entities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import fields, policy
from cases.choices import ProtectedWhy
from cases.models import ProtectedEntity
from detectors import normalise
from detectors.choices import EntityType
from detectors.watching.things import listed_form

MAX_VALUE: Final = 500
MAX_AT_ONCE: Final = 1_000
REASON_CHARS: Final = 500


@transaction.atomic
def protect_entities(
    *, actor: User, type: str, values: Iterable[str], why: str, reason: str
) -> list[ProtectedEntity]:
    """Put these on the list; what stands on it already stays as it is. Returns what is new.

    Raises ForbiddenError, or InvalidError that names the field.
    """
    policy.require(actor, "protected.save")
    if why not in ProtectedWhy.values:
        message = f"Choose: {', '.join(ProtectedWhy.values)}."
        raise InvalidError(message, field="why")
    reason = fields.text(reason, field="reason", limit=REASON_CHARS)
    things = _checked(type, values)
    made = [
        ProtectedEntity(type=type, value=thing, why=why, reason=reason, created_by=actor)
        for thing in _new_among(type, things)
    ]
    ProtectedEntity.objects.bulk_create(made, ignore_conflicts=True)
    rows = ProtectedEntity.objects.filter(type=type, ended_at=None)
    added = list(rows.filter(value__in=[one.value for one in made]).order_by("pk"))
    for row in added:
        audit.append(
            actor=actor,
            verb=Verb.PROTECTED_ADDED,
            target=row,
            type=row.type,
            value=row.value,
            why=row.get_why_display().lower(),
            reason=reason,
        )
    return added


@transaction.atomic
def end_protection(*, actor: User, entry: ProtectedEntity, reason: str) -> ProtectedEntity:
    """Take one off the list. Raises ForbiddenError, InvalidError, or ConflictError when it is."""
    policy.require(actor, "protected.save")
    reason = fields.text(reason, field="reason", limit=REASON_CHARS)
    row = ProtectedEntity.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if row.ended_at is not None:
        message = "It is not protected any more."
        raise ConflictError(message)
    row.ended_at, row.ended_by, row.end_reason = clock.now(), actor, reason
    row.save(update_fields=["ended_at", "ended_by", "end_reason"])
    audit.append(
        actor=actor,
        verb=Verb.PROTECTED_ENDED,
        target=row,
        type=row.type,
        value=row.value,
        reason=reason,
    )
    return row


def _new_among(type_: str, things: list[str]) -> list[str]:
    rows = ProtectedEntity.objects.filter(type=type_, value__in=things, ended_at=None)
    known = set(rows.values_list("value", flat=True))
    return [thing for thing in things if thing not in known]


def _checked(type_: str, values: Iterable[str]) -> list[str]:
    """Each once, as decisions name it. Raises InvalidError."""
    if type_ not in EntityType.values:
        message = f"Choose a type: {', '.join(EntityType.values)}."
        raise InvalidError(message, field="type")
    wanted = [one.strip() for one in values if one.strip()]
    if not wanted:
        message = "Name whom to protect, one a line."
        raise InvalidError(message, field="values")
    if len(wanted) > MAX_AT_ONCE:
        message = f"At most {MAX_AT_ONCE:,} at once; there are {len(wanted):,}."
        raise InvalidError(message, field="values")
    return list(dict.fromkeys(_canonical(type_, one) for one in wanted))


def _canonical(type_: str, raw: str) -> str:
    clean = fields.text(raw, field="values", limit=4_000)
    form = listed_form if type_ == EntityType.ACCOUNT else normalise.canonical
    value = form(type_, clean)
    if value is None or len(value) > MAX_VALUE:
        hint = ": write platform:name" if type_ == EntityType.ACCOUNT else ""
        message = f"{raw[:80]} is no {EntityType(type_).label.lower()}{hint}."
        raise InvalidError(message, field="values")
    return value
