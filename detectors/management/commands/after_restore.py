"""`manage.py after_restore`: lets the detectors go on after a dump was loaded."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from detectors.services.restore import begin_epoch_after_restore


class Command(BaseCommand):
    """Safe to run at any time that nothing else writes; `manage.py prepare` does."""

    help = "After a dump was loaded into another server: let detectors read what comes next."

    def handle(self, *, verbosity: int, **_: Any) -> None:
        """Say what was done."""
        if begin_epoch_after_restore(actor=None):
            self.stdout.write("The store came from another server: detectors go on in a new epoch.")
        elif verbosity > 0:
            self.stdout.write("The store fits this server; nothing to do.")
