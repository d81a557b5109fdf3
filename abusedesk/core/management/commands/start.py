"""`manage.py start`: this process becomes one program of the desk."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from abusedesk.core.programs import PROGRAMS


class Command(BaseCommand):
    """For systemd and containers, which watch the programs themselves."""

    help = "Become one program of the desk: web, worker (long work), cases (short work) or beat."
    requires_system_checks: list[str] = []  # the program itself waits for what is not there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which one."""
        parser.add_argument("program", choices=PROGRAMS)

    def handle(self, *, program: str, **_: Any) -> None:
        """Keep the process, so that signals and sd_notify reach the program itself."""
        os.chdir(settings.BASE_DIR)
        argv = PROGRAMS[program]()
        os.execv(argv[0], argv)  # noqa: S606 -- a constant command line, no shell
