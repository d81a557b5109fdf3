"""`manage.py reseal`: what the desk keeps sealed, under a new secret key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.services.reseal import reseal_all


class Command(BaseCommand):
    """Run it once, with the new ABUSEDESK_SECRET_KEY in force and every process stopped."""

    help = "Seal stored secrets anew after ABUSEDESK_SECRET_KEY was changed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the old key lies; a key on the command line would be seen by everybody."""
        parser.add_argument("--old-key-file", type=Path, required=True, help="holds the old key")

    def handle(self, *, old_key_file: Path, **_: Any) -> None:
        """Seal them, and name what neither key opens."""
        try:
            old_key = old_key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"--old-key-file: {error}"
            raise CommandError(message) from None
        if not old_key:
            message = f"--old-key-file: {old_key_file} is empty."
            raise CommandError(message)
        found = reseal_all(old_key=old_key)
        self.stdout.write(
            f"{found.anew} secrets are sealed anew, {found.kept} were already,"
            f" {len(found.lost)} open with neither key."
        )
        for name in found.lost:
            self.stdout.write(f"  {name}")
