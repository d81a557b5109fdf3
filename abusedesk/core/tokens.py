"""API tokens: made, checked, ended. Only a peppered hash is ever stored."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from abusedesk.core import audit, clock, ids
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import ApiToken, Scope, User

PREFIX_LENGTH = 8
MAX_LENGTH = 200
MAX_NAME = 80
USED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(
    *, user: User, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its plain text, `ad_<prefix>_<secret>`, which is never to be had again.

    Raises InvalidError for a name of no use or scopes that do not exist.
    """
    if not 1 <= len(name) <= MAX_NAME:
        message = f"A token's name has 1 to {MAX_NAME} characters."
        raise InvalidError(message, field="name")
    if not scopes or not set(scopes) <= set(Scope.values):
        message = f"Scopes are: {', '.join(Scope.values)}."
        raise InvalidError(message, field="scopes")
    prefix = ids.random_code(PREFIX_LENGTH, string.ascii_lowercase + string.digits)
    plain = f"ad_{prefix}_{ids.random_token()}"
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        digest=_digest(plain),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit.append(
        actor=user, verb=audit.Verb.TOKEN_CREATED, target=token, name=name, scopes=token.scopes
    )
    return token, plain


@transaction.atomic
def revoke_token(*, actor: User | None, token: ApiToken) -> None:
    """End a token at once; ending it again changes nothing."""
    if token.revoked_at is not None:
        return
    token.revoked_at = clock.now()
    token.save(update_fields=["revoked_at"])
    audit.append(actor=actor, verb=audit.Verb.TOKEN_REVOKED, target=token, name=token.name)


def find_token(plain: str) -> ApiToken | None:
    """The token that may be used now, or none: unknown, ended, expired, or of an inactive user."""
    if len(plain) > MAX_LENGTH:
        return None
    now = clock.now()
    token = ApiToken.objects.select_related("user").filter(digest=_digest(plain)).first()
    if token is None or token.revoked_at is not None or not token.user.is_active:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _digest(plain: str) -> str:
    return hashlib.sha256(f"{plain}{settings.TOKEN_PEPPER}".encode()).hexdigest()
