"""A confirmed case that the real detectors found, for tests of what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from cases.models import Case
from detectors import registry
from detectors.choices import Outcome
from detectors.demo import world
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import live_stream
from tests import cast, desk, make
from tests.cases import build

ASKED: Final = ("near-duplicate-text", "shared-infrastructure")
NOW: Final = datetime(2026, 9, 20, 12, tzinfo=UTC)


def found() -> Case:
    """An operation that rests on copied texts and shared devices; nobody has decided it."""
    for slug in registry.all_detectors():
        mode = "live" if slug in ASKED else "off"
        save_config(actor=None, slug=slug, mode=mode, params={}, reason="for speed")
    told = world(seed=3, end=NOW, scenarios=["phishing-kit"], background=100)
    ingest_batch(source=make.source(), signals=told, stream=live_stream())
    desk.work()
    return Case.objects.get()


def confirmed() -> Case:
    """The same, closed as confirmed by a reviewer."""
    case = found()
    build.decided(cast.reviewer(), case, Outcome.ABUSE)
    case.refresh_from_db()
    return case
