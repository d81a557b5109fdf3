"""Adds to a case what a person sees belongs to it, and takes it off again."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import User
from cases import fields, lineage, policy, states, workable
from cases.involved import accounts_of_case
from cases.models import Case, CaseAddition
from detectors.choices import EntityType
from detectors.models import Entity

REASON_LIMIT: Final = 500
MOST: Final = 200
"""Additions of one case: what a person can answer for. More is a matter for a detector."""


@transaction.atomic
def add_to_case(*, actor: User, case: Case, entity: Entity, reason: str) -> CaseAddition:
    """An account becomes a member by hand, anything else evidence; a second time is the first.

    Raises ForbiddenError, InvalidError for what is in the case already, or ConflictError for a case
    that is closed or in other hands.
    """
    policy.require(actor, "case.add", case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    case = workable.lock(case, actor)
    known = CaseAddition.objects.filter(case=case, digest=bytes(entity.digest)).first()
    if known is not None:
        return known
    _check(case, entity)
    row = CaseAddition.objects.create(
        case=case,
        type=entity.type,
        value=entity.value,
        digest=bytes(entity.digest),
        reason=reason,
        added_by=actor,
    )
    _touch(case)
    audit.append(
        actor=actor,
        verb=Verb.CASE_ADDED,
        target=case,
        kind=row.type,
        value=row.value,
        reason=reason,
        addition=row.pk,
    )
    return row


@transaction.atomic
def take_from_case(*, actor: User, case: Case, addition: CaseAddition) -> None:
    """Take back what was added by hand. Raises NotFoundError when somebody was faster."""
    policy.require(actor, "case.add", case)
    case = workable.lock(case, actor)
    ended, _ = CaseAddition.objects.filter(case=case, pk=addition.pk).delete()
    if not ended:
        message = "That is not among what was added by hand any more."
        raise NotFoundError(message)
    _touch(case)
    audit.append(
        actor=actor,
        verb=Verb.CASE_TAKEN_OFF,
        target=case,
        kind=addition.type,
        value=addition.value,
    )


def _check(case: Case, entity: Entity) -> None:
    if entity.type == EntityType.ACCOUNT and entity.value in accounts_of_case(case):
        message = f"{entity.value} is in {case.ref} already."
        raise InvalidError(message, field="entity")
    if CaseAddition.objects.filter(case=case).count() >= MOST:
        message = f"A case takes at most {MOST} things by hand; take some off first."
        raise InvalidError(message, field="entity")


def _touch(case: Case) -> None:
    """People work on this case now; who reads an older version of it is stale."""
    lineage.touch(case)
    states.touch(case)
    case.save(update_fields=["version", "updated_at"])
