"""`manage.py retention`: verify and purge at the shell, for cron."""

from __future__ import annotations

import math
import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core.errors import AbuseDeskError
from cases.services.retention import begin_purge, continue_purge, verify_purge
from cases.ui.retention import size
from detectors.choices import PurgeState
from detectors.models import PurgeRun

PAUSE_S: Final = 1.0


class Command(BaseCommand):
    """Prints the number of the plan alone on the last line, so that a script can purge it."""

    help = "Count what retention lets go (--verify), or purge a verified plan (--purge PLAN)."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--verify", action="store_true", help="Count; nothing is deleted.")
        what.add_argument("--purge", type=int, metavar="PLAN", help="Delete what PLAN counted.")

    def handle(self, *, purge: int | None, **_: Any) -> None:
        """Say what would go, or what went."""
        if purge is None:
            self._verify()
        else:
            self._purge(purge)

    def _verify(self) -> None:
        run = verify_purge(actor=None, budget_s=math.inf)
        run = self._worked(run, PurgeState.COUNTING)
        self.stdout.write(
            f"{run.signals} signals would go (about {size(run.bytes)}), and {run.letters} refused"
            f" items. {run.held} are held, {run.cited} are cited by open cases, {run.unread} are"
            " not read yet."
        )
        self.stdout.write(str(run.pk))

    def _purge(self, plan: int) -> None:
        run = PurgeRun.objects.filter(pk=plan).first()
        if run is None:
            message = f"There is no plan {plan}."
            raise CommandError(message)
        try:
            if run.state != PurgeState.PURGING:  # one that was killed goes on
                run = begin_purge(actor=None, run=run, signals=run.signals)
        except AbuseDeskError as error:
            raise CommandError(error.message) from error
        run = self._worked(run, PurgeState.PURGING)
        if run.state == PurgeState.STOPPED:
            message = f"{run.gone_signals} signals are gone, then it stopped. {run.said}"
            raise CommandError(message)
        self.stdout.write(
            f"{run.gone_signals} signals are gone, {run.gone_mentions} mentions,"
            f" {run.gone_entities} entities, {run.gone_letters} refused items."
        )

    def _worked(self, run: PurgeRun, state: PurgeState) -> PurgeRun:
        """The run when it is no longer in `state`: a worker may do some of it."""
        while run.state == state:
            continue_purge(run_id=run.pk)
            run.refresh_from_db()
            if run.state == state:
                self.stderr.write(run.said or "A worker is at it.")
                time.sleep(PAUSE_S)
        return run
