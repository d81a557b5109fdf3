"""Moves a case to the state that somebody names, by the service that owns the step."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import claims, policy, states
from cases.choices import State
from cases.models import Case
from cases.services.case import escalate_case, reopen_case, snooze_case


@transaction.atomic
def move_case(
    *, actor: User, case: Case, to: State, reason: str = "", until: datetime | None = None
) -> Case:
    """Escalate, snooze or reopen. Raises IllegalTransitionError with the states that are allowed.

    Nobody closes or merges this way: a decision does, and a merge that names the other case.
    """
    policy.require(actor, "case.view", case)
    case = claims.lock(case)
    states.check(case, to=to)
    match to:
        case State.ESCALATED:
            return escalate_case(actor=actor, case=case, reason=reason)
        case State.OPEN:
            return reopen_case(actor=actor, case=case, reason=reason)
        case State.SNOOZED if until is not None:
            return snooze_case(actor=actor, case=case, until=until)
        case State.SNOOZED:
            message = "Say until when."
            raise InvalidError(message, field="until")
        case _:
            message = "A case is closed by a decision, and merged by naming the other case."
            raise InvalidError(message, field="to")
