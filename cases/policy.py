"""Who may do what with cases: one literal table."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from abusedesk.core.errors import ForbiddenError, NotFoundError
from abusedesk.core.models import Role, User
from cases.choices import State
from cases.models import Case, Queue

REVIEWERS: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
LEADS: Final = frozenset({Role.LEAD, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})

# Integrations and partners stand in no row: they see no cases.
PERMISSIONS: Final[dict[str, frozenset[Role]]] = {
    "case.view": REVIEWERS,
    "case.claim": REVIEWERS,
    "case.claim_escalated": LEADS,
    "case.take_over": LEADS,
    "case.decide": REVIEWERS,
    "case.undo": REVIEWERS,
    "case.undo_others": LEADS,
    "case.note": REVIEWERS,
    "case.escalate": REVIEWERS,
    "case.snooze": REVIEWERS,
    "case.reopen": LEADS,
    "case.mark": REVIEWERS,
    "case.widen": LEADS,
    "case.watch": REVIEWERS,
    "case.link": REVIEWERS,
    "case.task": REVIEWERS,
    "case.file": REVIEWERS,
    "playbook.view": REVIEWERS,
    "playbook.save": LEADS,
    "case.hold": LEADS,
    "hold.save": LEADS,
    "gate.save": LEADS,
    "webhook.view": ADMINS,
    "webhook.save": ADMINS,
    "delivery.again": ADMINS,
    "retention.view": ADMINS,
    "retention.save": ADMINS,
    "retention.verify": ADMINS,
    "retention.purge": ADMINS,
}


def allowed(user: User, verb: str) -> bool:
    """Whether the role has `verb`; a verb outside the table is a fault of the caller (KeyError)."""
    return user.is_active and user.role in PERMISSIONS[verb]


def require(user: User, verb: str, case: Case | None = None) -> None:
    """Raises NotFoundError for a case out of sight, ForbiddenError without the permission."""
    if case is not None and not can_see(user, case):
        message = "There is no such case."
        raise NotFoundError(message)
    if not allowed(user, verb):
        message = f"Your role ({user.get_role_display()}) does not allow {verb}."
        raise ForbiddenError(message)


def can_see(viewer: User, case: Case) -> bool:
    """Whether the case's queue is one of the viewer's."""
    return queues_of(viewer).filter(pk=case.queue_id).exists()


def queues_of(viewer: User) -> QuerySet[Queue]:
    """Queues whose cases exist for this viewer."""
    return Queue.objects.all() if allowed(viewer, "case.view") else Queue.objects.none()


def claimable_states(user: User) -> list[State]:
    """States in which this person may take a case; escalated ones wait for a lead."""
    states = [State.OPEN] if allowed(user, "case.claim") else []
    return [*states, State.ESCALATED] if allowed(user, "case.claim_escalated") else states
