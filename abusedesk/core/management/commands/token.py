"""Makes, lists and ends API tokens from the shell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from abusedesk.core import clock
from abusedesk.core.models import ApiToken, Role, Scope, User
from abusedesk.core.tokens import issue_token, revoke_token


class Command(BaseCommand):
    help = "token create NAME --scope ingest | token list | token revoke PREFIX"

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create")
        create.add_argument("name")
        create.add_argument("--scope", action="append", choices=Scope.values, required=True)
        create.add_argument("--user", help="Whose token; the first admin when not given")
        create.add_argument("--days", type=int, help="Days until it expires; never when not given")
        verbs.add_parser("list")
        verbs.add_parser("revoke").add_argument("prefix")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "create": self._create,
            "list": self._list,
            "revoke": self._revoke,
        }
        verbs[verb](**options)

    def _create(
        self, *, name: str, scope: list[str], user: str | None, days: int | None, **_: Any
    ) -> None:
        wanted = Q(username=user) if user else Q(role=Role.ADMIN)
        people = User.objects.filter(wanted)
        owner = people.order_by("pk").first()
        if owner is None:
            nobody = "There is no admin; `manage.py user NAME --role admin` makes one."
            message = f"There is no user {user}." if user else nobody
            raise CommandError(message)
        until = clock.now() + timedelta(days=days) if days else None
        plain = issue_token(user=owner, name=name, scopes=scope, expires_at=until)[1]
        self.stderr.write("This is the only time the token is shown:")
        self.stdout.write(plain)

    def _list(self, **_: Any) -> None:
        for token in ApiToken.objects.select_related("user"):
            state = "revoked" if token.revoked_at else "active"
            scopes = ",".join(token.scopes)
            self.stdout.write(f"{token.prefix}  {state:8}{token.name}  {scopes}  {token.user}")

    def _revoke(self, *, prefix: str, **_: Any) -> None:
        token = ApiToken.objects.filter(prefix=prefix).first()
        if token is None:
            message = f"There is no token with the prefix {prefix}."
            raise CommandError(message)
        revoke_token(actor=None, token=token)
        self.stdout.write(f"{token.name} does not work any more.")
