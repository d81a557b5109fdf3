"""Runs the tests that prove features and writes docs/scoreboard.md."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core import clock, scoreboard
from abusedesk.core.scoreboard import Proof, Run

PAGE = Path("docs/scoreboard.md")


class Command(BaseCommand):
    help = "Run the tests that prove features, all or those of some rows; write docs/scoreboard.md."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rows", nargs="*", type=int, help="Rows to run; all when none is given")

    def handle(self, *args: Any, rows: list[int], **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        proofs = scoreboard.proofs_in(root)
        chosen = [row for row in rows or sorted(proofs) if row in proofs]
        runs = _known(root, proofs) | _run(root, {row: proofs[row] for row in chosen})
        (root / PAGE).write_text(scoreboard.page(proofs, runs), encoding="utf-8")
        failed = [row for row in chosen if scoreboard.FAILED in runs[row].said]
        if failed:
            message = f"These rows failed: {', '.join(map(str, failed))}. {PAGE} says so."
            raise CommandError(message)
        self.stdout.write(f"{PAGE} is written: {len(chosen)} rows ran.")


def _known(root: Path, proofs: dict[int, list[Proof]]) -> dict[int, Run]:
    path = root / PAGE
    return scoreboard.runs_on(path.read_text(encoding="utf-8"), proofs) if path.exists() else {}


def _run(root: Path, proofs: dict[int, list[Proof]]) -> dict[int, Run]:
    tests = sorted({f"{path}::{name}" for some in proofs.values() for path, name in some})
    if not tests:
        message = "No test bears the mark of such a row."
        raise CommandError(message)
    # The tests choose their own settings and database.
    quiet = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        argv = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *tests]
        subprocess.run(argv, cwd=root, env=quiet, check=False)
        if not report.exists():
            message = "pytest did not run; `make scoreboard` installs what it needs."
            raise CommandError(message)
        outcomes = scoreboard.outcomes_in(report)
    date, commit = clock.now().date().isoformat(), _commit(root)
    return {
        row: Run(scoreboard.summary(some, outcomes), date, commit) for row, some in proofs.items()
    }


def _commit(root: Path) -> str:
    """Short name of the commit; a `+` when files differ from it."""
    git = shutil.which("git")
    if git is None:
        return ""
    argv = [git, "describe", "--always", "--exclude=*", "--dirty=+"]
    return subprocess.run(
        argv, cwd=root, capture_output=True, text=True, check=False
    ).stdout.strip()
