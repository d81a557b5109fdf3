"""How a request shows its token."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from abusedesk.core.models import ApiToken, User
from abusedesk.core.tokens import find_token

WORDS = frozenset({b"bearer", b"token"})


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ad_…`; the token is then `request.auth`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in WORDS:
            return None
        if len(words) != 2:  # noqa: PLR2004 -- a word and the token
            message = "The Authorization header must be: Bearer <token>."
            raise AuthenticationFailed(message)
        token = find_token(words[1].decode("latin-1"))
        if token is None:
            message = "This token is unknown, expired or revoked."
            raise AuthenticationFailed(message)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
