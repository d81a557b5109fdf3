"""`manage.py user`: makes and lists people, changes their role, switches them off and on."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import Role, User
from abusedesk.core.people import change_user, create_user


class Command(BaseCommand):
    """The first admin of a desk is made by `manage.py user NAME --role admin`."""

    help = "user | user NAME --role admin | user NAME --no-active"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without a name: list."""
        parser.add_argument("name", nargs="?", help="Make or change this person; none: list all")
        parser.add_argument("--role", choices=Role.values, help="Reviewer when a new one has none")
        parser.add_argument(
            "--active", action=BooleanOptionalAction, help="Whether the person may come in"
        )

    def handle(self, *, name: str | None, role: str | None, active: bool | None, **_: Any) -> None:
        """Do one of the three."""
        if name is None:
            self._list()
            return
        chosen = Role(role) if role else None
        try:
            if User.objects.filter(username=name).exists():
                self._change(name, role=chosen, active=active)
            else:
                self._create(name, chosen or Role.REVIEWER)
        except AbuseDeskError as error:
            raise CommandError(error.message) from None

    def _list(self) -> None:
        for person in User.objects.order_by("username"):
            state = "" if person.is_active else "off"
            self.stdout.write(f"{person.role:12}{state:4}{person.username}")

    def _change(self, name: str, *, role: Role | None, active: bool | None) -> None:
        if role is None and active is None:
            message = f"{name} is there already; say --role, --active or --no-active."
            raise CommandError(message)
        change_user(actor=None, name=name, role=role, active=active)
        self.stdout.write(f"{name} is changed.")

    def _create(self, name: str, role: Role) -> None:
        password = create_user(actor=None, name=name, role=role)
        self.stderr.write(f"{name} ({role}) is made. This is the only time the password is shown:")
        self.stdout.write(password)
