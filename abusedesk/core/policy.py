"""Who may do what with people; `cases/policy.py` and `detectors/policy.py` have the rest."""

from __future__ import annotations

from typing import Final

from abusedesk.core.errors import ForbiddenError
from abusedesk.core.models import Role, User

PERMISSIONS: Final[dict[str, frozenset[Role]]] = {
    "person.view": frozenset({Role.ADMIN}),
    "person.save": frozenset({Role.ADMIN}),
}


def allowed(user: User, verb: str) -> bool:
    """Whether the role has `verb`; a verb outside the table is a fault of the caller (KeyError)."""
    return user.is_active and user.role in PERMISSIONS[verb]


def require(actor: User | None, verb: str) -> None:
    """Raises ForbiddenError without the permission. The shell (None) has it."""
    if actor is not None and not allowed(actor, verb):
        message = f"Your role ({actor.get_role_display()}) does not allow {verb}."
        raise ForbiddenError(message)
