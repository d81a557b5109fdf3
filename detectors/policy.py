"""Who may do what with signals: one literal table."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from abusedesk.core.errors import ForbiddenError, NotFoundError
from abusedesk.core.models import Role, User
from detectors import registry
from detectors.sigma.detector import PREFIX, is_rule

STAFF: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
READERS: Final = STAFF | {Role.INTEGRATION}

PERMISSIONS: Final[dict[str, frozenset[Role]]] = {
    "signal.view": READERS,
    "signal.export": frozenset({Role.LEAD, Role.ADMIN}),
    "group.declare": frozenset({Role.LEAD, Role.ADMIN}),
    "rule.save": frozenset({Role.LEAD, Role.ADMIN}),
    "detector.suppress": frozenset({Role.LEAD, Role.ADMIN}),
    "detector.backtest": frozenset({Role.LEAD, Role.ADMIN}),
    "detector.change": frozenset({Role.ADMIN}),
    "detector.approve": frozenset({Role.LEAD, Role.ADMIN}),
    "scenario.save": frozenset({Role.LEAD, Role.ADMIN}),
    "scenario.export": frozenset({Role.LEAD, Role.ADMIN}),
    "scenario.erase_account": frozenset({Role.ADMIN}),
    "watch.edit": frozenset({Role.ADMIN}),
}


def allowed(user: User, verb: str) -> bool:
    """Whether the role has `verb`; a verb outside the table is a fault of the caller (KeyError)."""
    return user.is_active and user.role in PERMISSIONS[verb]


def require_sight(user: User, verb: str) -> None:
    """For reading: what a role may not see does not exist. Raises NotFoundError."""
    if not allowed(user, verb):
        message = "There is nothing here."
        raise NotFoundError(message)


def require(user: User, verb: str) -> None:
    """Raises ForbiddenError without the permission."""
    if not allowed(user, verb):
        message = f"Your role ({user.get_role_display()}) does not allow {verb}."
        raise ForbiddenError(message)


def change_verb(slug: str) -> str:
    """What a person needs to change a detector; rules that people wrote are those of leads too."""
    return "rule.save" if is_rule(slug) else "detector.change"


def seen_by(viewer: User, field: str) -> Q:
    """Condition: `field` is the slug of a detector that this person may see."""
    if viewer.role not in READERS:
        return Q(pk__in=())
    rules = Q(**{f"{field}__startswith": PREFIX})
    return rules | Q(**{f"{field}__in": registry.all_detectors().keys()})


def others_with(verb: str, user: User) -> QuerySet[User]:
    """Active people besides this one whose role has `verb`."""
    people = User.objects.filter(is_active=True, role__in=PERMISSIONS[verb])
    return people.exclude(pk=user.pk).order_by("username")
