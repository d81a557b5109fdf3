"""Who may do what with cases: one literal table."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from abusedesk.core.errors import ForbiddenError, NotFoundError
from abusedesk.core.models import Role, User
from cases.choices import State
from cases.models import Case, Queue

REVIEWERS: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
LEADS: Final = frozenset({Role.LEAD, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})

# Partners stand in no row: what they may have says `cases/sharing/egress.py`. Integrations see no
# cases; they hand in appeals.
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
    "case.bulk": REVIEWERS,
    "case.export": LEADS,
    "decision.reverse": LEADS,
    "review.give": REVIEWERS,
    "review.settle": LEADS,
    "golden.save": LEADS,
    "golden.own": REVIEWERS,
    "appeal.open": REVIEWERS | {Role.INTEGRATION},
    "appeal.rule": REVIEWERS,
    "break.own": REVIEWERS,
    "exposure.extend": LEADS,
    "mask.own": REVIEWERS,
    "mask.save": ADMINS,
    "policy.view": REVIEWERS,
    "policy.save": ADMINS,
    "statement.view": LEADS,
    "statement.issue": LEADS,
    "case.merge": REVIEWERS,
    "case.cut": REVIEWERS,
    "proposal.settle": REVIEWERS,
    "case.mark": REVIEWERS,
    "case.widen": LEADS,
    "case.watch": REVIEWERS,
    "case.link": REVIEWERS,
    "case.add": REVIEWERS,
    "case.task": REVIEWERS,
    "tray.own": REVIEWERS,
    "columns.own": REVIEWERS,
    "case.file": REVIEWERS,
    "playbook.view": REVIEWERS,
    "playbook.save": LEADS,
    "message.send": REVIEWERS,
    "template.view": REVIEWERS,
    "template.save": LEADS,
    "case.hold": LEADS,
    "case.test": LEADS,
    "hold.save": LEADS,
    "gate.save": LEADS,
    "case.assign": LEADS,
    "case.move": LEADS,
    "queue.save": ADMINS,
    "routing.save": ADMINS,
    "shift.save": LEADS,
    "automation.view": REVIEWERS,
    "automation.propose": ADMINS,
    "automation.allow": LEADS,
    "automation.end": LEADS,
    "automation.settle": LEADS,
    "automation.undo": LEADS,
    "protected.view": REVIEWERS,
    "protected.save": ADMINS,
    "webhook.view": ADMINS,
    "webhook.save": ADMINS,
    "delivery.again": ADMINS,
    "partner.view": REVIEWERS,
    "partner.save": ADMINS,
    "share.view": REVIEWERS,
    "share.write": REVIEWERS,
    "share.approve": LEADS,
    "share.deliver": LEADS,
    "share.recall": LEADS,
    "share.override": LEADS,
    "ledger.view": LEADS,
    "pattern.view": REVIEWERS,
    "pattern.write": LEADS,
    "pattern.approve": LEADS,
    "pattern.deliver": LEADS,
    "pattern.revoke": LEADS,
    "pattern.receive": LEADS,
    "key.pin": ADMINS,
    "feed.view": REVIEWERS,
    "feed.save": ADMINS,
    "feed.answer": LEADS,
    "lookup.ask": REVIEWERS,
    "retention.view": ADMINS,
    "retention.save": ADMINS,
    "retention.verify": ADMINS,
    "retention.purge": ADMINS,
    "role.view": ADMINS,
    "audit.view": ADMINS,
    "audit.export": ADMINS,
    "health.view": ADMINS,
}

# What a queue may take away from everybody, with its name on the page.
HIDEABLE: Final = {
    "case.snooze": "Snooze",
    "case.escalate": "Escalate",
    "case.note": "Write notes",
    "share.write": "Share with partners",
    "message.send": "Write to reporters and subjects",
    "case.hold": "Legal hold",
    "case.assign": "Assign",
    "case.move": "Move to another queue",
}


def allowed(user: User, verb: str) -> bool:
    """Whether the role has `verb`; a verb outside the table is a fault of the caller (KeyError)."""
    return user.is_active and user.role in PERMISSIONS[verb]


def require(user: User, verb: str, case: Case | None = None) -> None:
    """Raises NotFoundError for a case out of sight, ForbiddenError without the permission."""
    queue = case.queue if case is not None and can_see(user, case) else None
    if case is not None and queue is None:
        message = "There is no such case."
        raise NotFoundError(message)
    if not allowed(user, verb):
        message = f"Your role ({user.get_role_display()}) does not allow {verb}."
        raise ForbiddenError(message)
    if queue is not None and verb in queue.hidden_actions:
        message = f"{queue} does not offer this: {HIDEABLE[verb].lower()}."
        raise ForbiddenError(message)


def offered(user: User, verb: str, case: Case) -> bool:
    """Whether the page of a case that they see shows the button; `require` decides."""
    return allowed(user, verb) and verb not in case.queue.hidden_actions


def can_see(viewer: User, case: Case) -> bool:
    """Whether the case's queue is one of the viewer's, as `queues_of` says; a copy is for one."""
    if not allowed(viewer, "case.view") or case.only_for_id not in {None, viewer.pk}:
        return False
    if viewer.role in ADMINS or viewer.role in case.queue.roles:
        return True
    return case.queue.people.filter(pk=viewer.pk).exists()


def queues_of(viewer: User) -> QuerySet[Queue]:
    """Queues whose cases exist for this viewer: by role or by name; admins have all."""
    if not allowed(viewer, "case.view"):
        return Queue.objects.none()
    if viewer.role in ADMINS:
        return Queue.objects.all()
    named = Queue.people.through.objects.filter(user=viewer).values("queue")
    return Queue.objects.filter(Q(roles__contains=[viewer.role]) | Q(pk__in=named))


def colleagues_of(queue: Queue) -> QuerySet[User]:
    """Active people for whom cases of this queue exist, as `queues_of` says; by name.

    Whether a single case is a copy for one person plays no part: who is left out would betray it.
    """
    people = User.objects.filter(is_active=True, role__in=PERMISSIONS["case.view"])
    by_role = Q(role__in=ADMINS | {Role(role) for role in queue.roles})
    return people.filter(by_role | Q(pk__in=queue.people.values("pk"))).order_by("username")


def claimable_states(user: User) -> list[State]:
    """States in which this person may take a case; escalated ones wait for a lead."""
    states = [State.OPEN] if allowed(user, "case.claim") else []
    return [*states, State.ESCALATED] if allowed(user, "case.claim_escalated") else states
