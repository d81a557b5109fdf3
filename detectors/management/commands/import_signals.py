"""`manage.py import_signals`: files of signals into the desk, resumable."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from abusedesk.core.errors import AbuseDeskError
from detectors.adapters.base import Adapter
from detectors.adapters.registry import all_adapters
from detectors.choices import ImportState
from detectors.mapping.reader import PREFIX
from detectors.models import ImportRun
from detectors.schema import MAX_BATCH
from detectors.selectors.mapping import adapter_by_name
from detectors.services.imports import Progress, import_files, open_run
from detectors.services.source import ensure_source

SLUG: Final = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)


class Command(BaseCommand):
    """Imports what is given as one time-line; the same files again go on where they stopped."""

    help = (
        "Import NDJSON or CSV files, or those of an adapter (--format), .gz too, as one time-line;"
        " run again to resume."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Files and how to take them."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--source", type=_slug, default="import", help="slug of the source")
        parser.add_argument("--batch", type=_size, default=2_000, help="signals a transaction")
        parser.add_argument("--platform", type=_slug, default=None, help="for items that name none")
        parser.add_argument(
            "--format",
            default=None,
            metavar="FORMAT",
            help=f"foreign format: {', '.join(all_adapters())}, or map:NAME for a saved mapping",
        )
        parser.add_argument("--no-progress", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what became of every item."""
        files: list[Path] = options["files"]
        if missing := [str(path) for path in files if not path.is_file()]:
            message = f"There is no file {missing[0]}."
            raise CommandError(message)
        try:
            self._import(**options)
        except AbuseDeskError as error:
            raise CommandError(error.message) from None
        except KeyboardInterrupt:
            message = "Stopped; the same command goes on where it stopped."
            raise CommandError(message) from None

    def _import(self, *, files: list[Path], **options: Any) -> None:
        adapter = _adapter(options["format"]) if options["format"] else None
        if adapter and options["platform"]:
            message = "--platform is for items of our own contract; an adapter says the platform."
            raise CommandError(message)
        source = ensure_source(slug=options["source"], title=options["source"])
        run = open_run(files=files, source=source, adapter=adapter)
        if run.state == ImportState.DONE:
            self.stdout.write(f"These files were imported already: {_sentence(run)}.")
            return
        if run.items:
            self.stdout.write(f"Going on after item {run.items:,}.")
        steps = import_files(
            run=run,
            files=files,
            batch=options["batch"],
            platform=options["platform"] or "",
            adapter=adapter,
        )
        unsorted = _watch(steps, disable=options["no_progress"])
        if unsorted:
            self.stderr.write(f"{unsorted:,} lines are older than a line above them.")
        self.stdout.write(self.style.SUCCESS(f"Imported: {_sentence(run)}."))
        if run.rejected:
            self.stdout.write("Refused items wait with their reasons in /api/v1/dead-letters/.")


def _adapter(name: str) -> Adapter:
    """Raises NotFoundError for a mapping that there is not."""
    if name.startswith(PREFIX):
        return adapter_by_name(name.removeprefix(PREFIX))
    if name not in all_adapters():
        message = f"There is no format {name}; there are {', '.join(all_adapters())} and map:NAME."
        raise CommandError(message)
    return all_adapters()[name]


def _watch(steps: Iterable[Progress], *, disable: bool) -> int:
    unsorted = 0
    with tqdm(unit="B", unit_scale=True, disable=disable or None, dynamic_ncols=True) as bar:
        for step in steps:
            unsorted = step.unsorted
            bar.total = step.size
            bar.set_postfix_str(f"{step.run.items:,} items", refresh=False)
            bar.update(step.read - bar.n)
    return unsorted


def _sentence(run: ImportRun) -> str:
    return (
        f"{run.items:,} items, {run.accepted:,} stored, {run.duplicates:,} known already,"
        f" {run.rejected:,} refused"
    )


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        message = "1 to 40 of a-z, 0-9 and -"
        raise ArgumentTypeError(message)
    return text


def _size(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_BATCH:
        message = f"a number from 1 to {MAX_BATCH}"
        raise ArgumentTypeError(message)
    return int(text)
