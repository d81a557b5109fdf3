"""Marks notices as read, and says who wants them by mail."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from abusedesk.core import audit, clock, mail
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases.models import Case
from cases.selectors.notice import notices_for


@transaction.atomic
def read_notices(
    *, actor: User, case: Case | None = None, ids: Collection[int] | None = None
) -> int:
    """One's own notices, of one case, with these ids, or all, are read. Returns how many were."""
    rows = notices_for(actor)
    if case is not None:
        rows = rows.filter(case=case)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.update(read_at=clock.now(), mail_due_at=None)


@transaction.atomic
def mail_notices(*, actor: User, wanted: bool, address: str) -> None:
    """From now on notices also come by mail to this address, or no longer. Raises InvalidError."""
    address = address.strip()
    if wanted and not mail.is_address(address):
        message = "Write a mail address, such as you@desk.example."
        raise InvalidError(message, field="address")
    actor.mail_notices = wanted
    actor.email = address if wanted else actor.email
    actor.save(update_fields=["mail_notices", "email"])
    what = "by mail too" if wanted else "on the desk only"
    audit.append(actor=actor, verb=Verb.NOTICES_MAILED, target=actor, what=what)
