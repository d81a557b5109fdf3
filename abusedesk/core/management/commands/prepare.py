"""`manage.py prepare`: what must be done before the programs of a desk start, each start anew."""

from __future__ import annotations

import hashlib
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from abusedesk.core.embedded import EXTENSIONS

STATIC_STAMP: Final = settings.STATIC_ROOT / ".made-from"
# Files of packages that no page of ours asks for.
UNUSED_STATIC: Final = ["rest_framework"]
LOCK: Final = 0x5052_4550  # "PREP"
RETRY_S: Final = 5


class Command(BaseCommand):
    """Each step does nothing when it is done already; several machines may run it at once."""

    help = "Extensions, migrations, reference lists, static files: what a start needs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """An image is built where there is no database, and machines start in any order."""
        parser.add_argument("--static-only", action="store_true", help="without the database")
        parser.add_argument("--wait", type=int, default=0, help="seconds to wait for the database")

    def handle(self, *, static_only: bool, wait: int, **_: Any) -> None:
        """Say only what was really done."""
        if not static_only:
            self._await_database(wait)
            with _one_at_a_time():
                _make_extensions()
                call_command("migrate", interactive=False, verbosity=0)
                call_command("after_restore", verbosity=0, stdout=self.stdout)
                call_command("load_reference_lists", verbosity=0, stdout=self.stdout)
        fingerprint = _static_fingerprint()
        if not STATIC_STAMP.exists() or STATIC_STAMP.read_text() != fingerprint:
            self.stdout.write("Collecting and compressing static files.")
            call_command(
                "collectstatic",
                interactive=False,
                clear=True,
                verbosity=0,
                ignore_patterns=UNUSED_STATIC,
            )
            STATIC_STAMP.write_text(fingerprint)

    def _await_database(self, wait_s: int) -> None:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                connection.ensure_connection()
            except DatabaseError as error:
                said = f"The database cannot be reached: {str(error).strip()}."
            else:
                return
            if time.monotonic() >= deadline:
                raise CommandError(said)
            self.stdout.write(said)
            time.sleep(min(RETRY_S, wait_s))


def _make_extensions() -> None:
    """Postgres trusts the owner of a database with these."""
    for name in EXTENSIONS:
        command = f"CREATE EXTENSION IF NOT EXISTS {name}"
        try:
            with connection.cursor() as cursor:
                cursor.execute(command)
        except DatabaseError as error:
            reason = str(error).splitlines()[0]
            message = f"{reason}. As a superuser of this database run: {command};"
            raise CommandError(message) from None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait while another machine migrates this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _static_fingerprint() -> str:
    """Changes when a package or one of our own static files does."""
    lock = settings.BASE_DIR / "deploy" / "requirements.lock"
    files = [lock, *sorted((settings.BASE_DIR / "static").rglob("*"))]
    said = hashlib.sha256()
    for path in filter(lambda path: path.is_file(), files):
        said.update(f"{path.relative_to(settings.BASE_DIR)} {path.stat().st_size}\n".encode())
        said.update(path.read_bytes())
    return said.hexdigest()
