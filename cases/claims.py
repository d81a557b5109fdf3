"""A claim on a case: who holds it, until when; building blocks for services."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from abusedesk.core import clock, ids
from abusedesk.core.errors import ClaimLostError
from abusedesk.core.models import User
from cases.models import Case

LASTS: Final = timedelta(minutes=10)
FIELDS: Final = ("claim_id", "claimed_by", "claim_expires_at")


def lock(case: Case) -> Case:
    """The newest version of `case`, locked until commit; readers and foreign keys do not wait.

    No join: a statement that waited for the lock sees the row's new version, but joined rows as
    they were before it waited (eight people then all saw "claimed by nobody").
    """
    return Case.objects.select_for_update(no_key=True).get(pk=case.pk)


def holder_of(case: Case) -> User | None:
    """Whose unexpired claim the case is under."""
    if case.claim_expires_at is None or case.claim_expires_at <= clock.now():
        return None
    return case.claimed_by


def require_claim(case: Case, actor: User, claim_id: UUID) -> None:
    """Raises ClaimLostError unless `actor` holds `case` under this very claim."""
    holder = holder_of(case)
    if holder == actor and case.claim_id == claim_id:
        return
    if holder is None:
        message = f"Your claim on {case.ref} has ended. Claim it again; your text is kept."
    elif holder == actor:
        message = f"You claimed {case.ref} again elsewhere. Go on there, or claim it again here."
    else:
        message = f"{case.ref} is claimed by {holder} now."
    raise ClaimLostError(message, holder=str(holder or ""))


def give(case: Case, user: User) -> UUID:
    """A new claim (not saved)."""
    case.claim_id = claim_id = ids.new_uuid()
    case.claimed_by = user
    case.claim_expires_at = clock.now() + LASTS
    return claim_id


def drop(case: Case) -> None:
    """No claim (not saved)."""
    case.claim_id = case.claimed_by = case.claim_expires_at = None
