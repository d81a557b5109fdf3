"""`manage.py load_reference_lists`: known hosts, networks and hashes, out of their package."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core.errors import NotFoundError
from detectors.services.reference import load_reference_lists


class Command(BaseCommand):
    """Does nothing when this version of the lists is loaded; `manage.py prepare` runs it."""

    help = "Load reference lists (shorteners, disposable mail, cloud and VPN ranges ...)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which lists."""
        parser.add_argument("lists", nargs="*", metavar="LIST", help="default: all but the largest")

    def handle(self, *, lists: list[str], verbosity: int, **_: Any) -> None:
        """Load, and say what was loaded."""
        try:
            loaded = load_reference_lists(actor=None, slugs=lists)
        except NotFoundError as error:
            raise CommandError(error.message) from None
        if loaded:
            entries = sum(one.count for one in loaded.values())
            self.stdout.write(f"Loaded {len(loaded)} reference lists with {entries:,} entries.")
        elif verbosity > 0:
            self.stdout.write("This version of the reference lists is loaded; nothing to do.")
