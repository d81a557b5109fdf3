"""Plays finished signals into a time-line of their own, and asks the desk what it made of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import groupby

import msgspec
from django.db.models import Max

from detectors import stream
from detectors.casebook import Cases, Ledger
from detectors.choices import FindingStatus, Mode
from detectors.models import Campaign, FindingRevision, Shard, Signal, Source, Stream
from detectors.pairs import Evidence
from detectors.schema import SignalIn
from detectors.services import fusion
from detectors.services.engine import lagging_shards
from detectors.services.heartbeat import end_stream
from detectors.services.ingest import IngestResult, ingest_batch, wake_detectors

BATCH = 1_000


def store_history(*, source: Source, line: Stream, signals: Sequence[SignalIn]) -> IngestResult:
    """Store signals in order of time, end their time-line, wake the detectors."""
    results = [
        ingest_batch(source=source, signals=signals[start : start + BATCH], stream=line)
        for start in range(0, len(signals), BATCH)
    ]
    end_stream(stream=line)
    wake_detectors()
    accepted = sum(one.accepted for one in results)
    return IngestResult(accepted, sum(one.duplicates for one in results))


def is_worked_off(*, line: Stream, accounts: Collection[str]) -> bool:
    """Whether detectors, fusion and, for these accounts, intake are done with this time-line.

    An older transaction that is still open hides the newest signals from all readers.
    """
    end = stream.newest(line.pk)
    last = Signal.objects.filter(stream=line).aggregate(last=Max("pk"))["last"]
    if end.signal_id != last or not Shard.objects.filter(stream=line).exists():
        return False
    if lagging_shards(line.pk, end) or not fusion.is_fused(stream=line):
        return False
    waiting = Campaign.objects.filter(needs_intake=True, members__account__in=accounts)
    return not waiting.exists()


def opened_at(*, line: Stream, accounts: Collection[str]) -> float | None:
    """When the first campaign that names one of these accounts opened, by engine time.

    The findings log is folded once more, in the steps that the fusion takes: rows are written
    whenever a worker gets to it, and a replay is faster than life. None where none opened.
    """
    wanted = frozenset(accounts)
    book, ledger = Cases(), Ledger()
    step_s = float(line.tick_floor_s) or fusion.STEP_S
    log = FindingRevision.objects.filter(stream=line, finding__config__mode=Mode.LIVE)
    rows = log.order_by("at_s", "revision").values_list("at_s", "finding_id", "status", "evidence")
    for step, entries in groupby(rows.iterator(), key=lambda row: math.floor(row[0] / step_s)):
        newest = {finding: (status, told) for _, finding, status, told in entries}
        touched: set[str] = set()
        for finding, (status, told) in sorted(newest.items()):
            stands = status == FindingStatus.CURRENT
            touched |= ledger.enter(finding, _evidence(finding, told) if stands else None)
        book.refresh(touched, (step + 1) * step_s, ledger.about)
        if any(wanted & change.members for change in book.history):
            return float((step + 1) * step_s)
    return None


def _evidence(finding: int, told: dict[str, object]) -> Evidence:
    return msgspec.convert({**told, "id": finding}, Evidence, strict=False)
