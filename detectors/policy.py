"""Who may do what with signals: one literal table."""

from __future__ import annotations

from typing import Final

from abusedesk.core.errors import ForbiddenError, NotFoundError
from abusedesk.core.models import Role, User

STAFF: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
READERS: Final = STAFF | {Role.INTEGRATION}

PERMISSIONS: Final[dict[str, frozenset[Role]]] = {
    "signal.view": READERS,
    "signal.export": frozenset({Role.LEAD, Role.ADMIN}),
    "group.declare": frozenset({Role.LEAD, Role.ADMIN}),
    "rule.save": frozenset({Role.LEAD, Role.ADMIN}),
    "detector.suppress": frozenset({Role.LEAD, Role.ADMIN}),
    "detector.backtest": frozenset({Role.LEAD, Role.ADMIN}),
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
