"""The state machine of a case: one literal table."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from abusedesk.core import clock
from abusedesk.core.errors import IllegalTransitionError
from cases.choices import SlaStage, State
from cases.models import Case

TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    State.OPEN: frozenset({State.ESCALATED, State.SNOOZED, State.CLOSED, State.MERGED}),
    State.ESCALATED: frozenset({State.OPEN, State.CLOSED, State.MERGED}),
    State.SNOOZED: frozenset({State.OPEN, State.MERGED}),
    # undo puts a case back where it was
    State.CLOSED: frozenset({State.OPEN, State.ESCALATED}),
    # only taking the merger back gives the case its old state, whole, from what was kept of it
    State.MERGED: frozenset(),
}

WAITING: Final = (State.OPEN, State.ESCALATED)
ACTIVE: Final = (State.OPEN, State.ESCALATED, State.SNOOZED)


def check(case: Case, *, to: State) -> None:
    """Raises IllegalTransitionError when the table has no such step."""
    state = State(case.state)
    if to not in TRANSITIONS[state]:
        message = f"{case.ref} is {state.label.lower()}; it cannot become {to.label.lower()}."
        raise IllegalTransitionError(
            message, state=state.value, to=to.value, allowed=allowed_from(state)
        )


def allowed_from(state: State) -> list[str]:
    """The states that may follow, in the order of the alphabet."""
    return sorted(TRANSITIONS[state])


def transition(case: Case, *, to: State) -> None:
    """Move `case` (not saved) and what follows from its state."""
    check(case, to=to)
    _clock(case, to)
    case.state = to
    case.escalating = False
    case.closed_at = clock.now() if to == State.CLOSED else None
    case.snoozed_until = None
    touch(case)


def regress(case: Case) -> None:
    """Open a closed case again (not saved), because evidence came after its decision."""
    transition(case, to=State.OPEN)
    case.regressed = True
    restart_clock(case)


def restart_clock(case: Case) -> None:
    """The whole service level lies ahead again (not saved)."""
    case.due_at = clock.now() + timedelta(hours=case.queue.sla_hours)
    case.sla_stage = SlaStage.IN_TIME


def touch(case: Case) -> None:
    """Mark a change: readers of the older version are stale."""
    case.version += 1
    case.updated_at = clock.now()


def _clock(case: Case, to: State) -> None:
    """The service level stands while a case is snoozed, where its queue says so."""
    if to == State.SNOOZED:
        case.sla_paused_at = clock.now() if case.queue.sla_pauses else None
    elif case.sla_paused_at is not None:
        case.due_at += clock.now() - case.sla_paused_at
        case.sla_paused_at = None
