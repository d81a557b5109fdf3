"""Checks the audit chain."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core import audit


class Command(BaseCommand):
    help = "Check the audit chain: `audit verify` names the first row that was tampered with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["verify"])
        parser.add_argument(
            "--entries", type=int, help="How many entries there were at least, from an earlier run"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check = audit.verify()
        if check.broken is not None:
            message = f"Entry {check.broken} is broken: {check.fault}."
            raise CommandError(message)
        if check.entries < (options["entries"] or 0):
            message = f"There are {check.entries} entries; at least one was cut off the end."
            raise CommandError(message)
        self.stdout.write(f"The chain holds: {check.entries} entries, last digest {check.head}.")
