"""Declares that accounts belong together, and ends such a declaration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors.models import DeclaredGroup
from detectors.policy import require

MIN_ACCOUNTS, MAX_ACCOUNTS = 2, 500
LIMITS: Final = {"name": 120, "proof": 500, "reason": 500}
_ACCOUNT: Final = re.compile(r"[a-z0-9-]{1,40}:[^\0\n]{1,200}")


def declare_group(
    *,
    actor: User,
    name: str,
    accounts: Sequence[str],
    proof: str,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> DeclaredGroup:
    """From now, or `valid_from`, on what these accounts do together is declared coordination.

    valid_until: None is until it is ended. Raises ForbiddenError, InvalidError naming the field.
    """
    require(actor, "group.declare")
    begins = valid_from or clock.now()
    names = _accounts(accounts)
    said = {"name": _said("name", name), "proof": _said("proof", proof)}
    if valid_until is not None and valid_until <= max(begins, clock.now()):
        message = "It must end after it begins, and not in the past."
        raise InvalidError(message, field="valid_until")
    with transaction.atomic():
        group = DeclaredGroup.objects.create(
            **said,
            accounts=names,
            declared_by=actor,
            valid_from=begins,
            valid_until=valid_until,
        )
        audit.append(
            actor=actor, verb=Verb.GROUP_DECLARED, target=group, accounts=len(names), **said
        )
        wake("detectors.fuse")
    return group


@transaction.atomic
def end_group(*, actor: User, group: DeclaredGroup, reason: str) -> DeclaredGroup:
    """What its accounts do together is judged as anybody's again.

    Raises ForbiddenError, InvalidError without a reason, ConflictError for one that has ended.
    """
    require(actor, "group.declare")
    why = _said("reason", reason)
    group = DeclaredGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    if group.ended_at is not None:
        message = "It has ended already."
        raise ConflictError(message)
    group.ended_at, group.ended_by, group.end_reason = clock.now(), actor, why
    group.save(update_fields=["ended_at", "ended_by", "end_reason"])
    audit.append(actor=actor, verb=Verb.GROUP_ENDED, target=group, name=group.name, reason=why)
    wake("detectors.fuse")
    return group


def _accounts(raw: Sequence[str]) -> list[str]:
    names = sorted({name.strip() for name in raw if name.strip()})
    if not MIN_ACCOUNTS <= len(names) <= MAX_ACCOUNTS:
        message = f"Name {MIN_ACCOUNTS} to {MAX_ACCOUNTS} different accounts."
        raise InvalidError(message, field="accounts")
    for name in names:
        if not _ACCOUNT.fullmatch(name):
            message = f"{name[:60]!r} is no account: write platform:name."
            raise InvalidError(message, field="accounts")
    return names


def _said(field: str, raw: str) -> str:
    text = raw.strip()
    if not text or len(text) > LIMITS[field] or "\0" in text:
        message = f"The {field} is 1 to {LIMITS[field]} characters."
        raise InvalidError(message, field=field)
    return text
