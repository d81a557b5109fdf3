"""`manage.py doctor`: what is wrong with this desk, in words."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from abusedesk.core import health
from abusedesk.core.health import Level

MARKS: Final = {Level.OK: "ok", Level.WARNING: "??", Level.FAULT: "!!"}


class Command(BaseCommand):
    """Exit code 0 when nothing is at fault, else 1."""

    help = "Say in words what is wrong: database, migrations, queues, worker, beat, disk, clock."
    requires_system_checks: list[str] = []  # it must run when little else does

    def handle(self, *_: Any, **__: Any) -> None:
        """Print one line a check."""
        faults = 0
        for verdict in health.examine():
            self.stdout.write(f"{MARKS[verdict.level]}  {verdict.name:<10} {verdict.sentence}")
            faults += verdict.level is Level.FAULT
        if faults:
            msg = f"{faults} thing{'s' if faults > 1 else ''} to repair."
            raise CommandError(msg)
        self.stdout.write("Nothing is wrong.")
