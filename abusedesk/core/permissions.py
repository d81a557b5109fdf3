"""Scopes: what a token or a role may do over REST."""

from __future__ import annotations

from typing import Final

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from abusedesk.core.models import ApiToken, Role, Scope, User

# What a signed-in person may do; integrations and partners work with tokens only.
ROLE_SCOPES: Final[dict[str, frozenset[Scope]]] = {
    Role.REVIEWER: frozenset({Scope.READ, Scope.REVIEW}),
    Role.LEAD: frozenset({Scope.READ, Scope.REVIEW}),
    Role.ADMIN: frozenset(Scope),
    Role.INTEGRATION: frozenset(),
    Role.PARTNER: frozenset(),
}
SAFE: Final = {"HEAD": "GET", "OPTIONS": "GET"}


def has_scope(user: User, scope: Scope) -> bool:
    """Whether a signed-in person may do at the browser what a token with `scope` may."""
    return user.is_active and scope in ROLE_SCOPES[user.role]


class HasScope(BasePermission):
    """The view says which scope a method needs: `scopes = {"GET": Scope.READ}`."""

    message = ""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        method = SAFE.get(str(request.method), str(request.method))
        needed: Scope | None = getattr(view, "scopes", {}).get(method)
        if needed is None:
            return method not in view.allowed_methods  # answered with 405
        self.message = f"This needs the scope {needed.value}."
        if isinstance(request.auth, ApiToken):
            return needed.value in request.auth.scopes
        return needed in ROLE_SCOPES[request.user.role]
