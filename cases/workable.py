"""A case that somebody changes as a whole: it is open, and in no other hands."""

from __future__ import annotations

from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from cases import claims, policy, states
from cases.choices import State
from cases.models import Case


def lock(case: Case, actor: User) -> Case:
    """The newest version, locked. Raises ConflictError when it is not open, or in other hands."""
    case = claims.lock(case)
    if case.state not in states.ACTIVE:
        message = f"{case.ref} is {State(case.state).label.lower()}; undo that first."
        raise ConflictError(message, state=case.state)
    holder = claims.holder_of(case)
    if holder not in (None, actor) and not policy.allowed(actor, "case.take_over"):
        message = f"{case.ref} is claimed by {holder}."
        raise ConflictError(message, holder=str(holder))
    return case
