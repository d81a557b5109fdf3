"""`manage.py import_misp_feed`: the events of a MISP feed that lies in a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import User
from detectors.choices import Tlp
from detectors.intel.misp.feed import MANIFEST, uuids_of
from detectors.intel.terms import CONFIDENCE, DAYS, TRUST, BatchTerms
from detectors.selectors.indicator_batch import indicator_batches_for
from detectors.services.indicator_batch import accept_batch, read_batch


class Command(BaseCommand):
    """Each event is an import; one whose bytes its source sent before is left out."""

    help = "Read the events of a MISP feed (manifest.json and <uuid>.json) as imports."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where it lies, who says it, who asks."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--source", required=True, help="who says it")
        parser.add_argument("--user", required=True, help="the admin in whose name it is done")
        parser.add_argument("--trust", type=float, default=TRUST, help="in the source, 0 to 1")
        parser.add_argument("--confidence", type=int, default=CONFIDENCE, help="0 to 100")
        parser.add_argument("--tlp", default=Tlp.AMBER.value, help="the widest marking")
        parser.add_argument("--licence", default="", help="such as CC0-1.0")
        parser.add_argument("--days", type=int, default=DAYS, help="until all of it ends")
        parser.add_argument("--accept", action="store_true", help="without a look at the preview")

    def handle(self, *, folder: Path, user: str, accept: bool, **said: Any) -> None:
        """Read, accept where that is asked, and say what came of each event."""
        actor = User.objects.filter(username=user, is_active=True).first()
        if actor is None:
            message = f"There is no user {user}."
            raise CommandError(message)
        terms = BatchTerms(**{name: said[name] for name in _TERMS})
        known = indicator_batches_for(actor).filter(source=terms.source)
        try:
            for uuid in uuids_of(_bytes(folder / MANIFEST)):
                raw = _bytes(folder / f"{uuid}.json")
                if known.filter(sha256=hashlib.sha256(raw).hexdigest()).exists():
                    self.stdout.write(f"{uuid}: known")
                    continue
                batch = read_batch(actor=actor, raw=raw, terms=terms, name=f"{uuid}.json")
                if accept:
                    batch = accept_batch(actor=actor, batch=batch)
                self.stdout.write(
                    f"{uuid}: import {batch.pk}, {batch.rows} rows, {batch.added} on the list"
                )
        except (AbuseDeskError, ValueError) as error:
            raise CommandError(str(getattr(error, "message", error))) from None


_TERMS = ("source", "trust", "confidence", "tlp", "licence", "days")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        raise CommandError(message) from None
