"""Exports what a search finds: permitted, audited, streamed and capped."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from abusedesk.core.query import Query
from abusedesk.core.text import csv_cell
from detectors import policy
from detectors.models import Signal
from detectors.selectors.search import batches_for

LIMIT: Final = 50_000
BATCH: Final = 500
COLUMNS: Final = (
    "id", "occurred_at", "received_at", "source", "external_id", "platform", "kind", "actor",
    "text", "urls", "provider", "model",
)  # fmt: skip


def export_signals(*, actor: User, query: Query, format: str) -> Iterator[str]:
    """The file in pieces; the audit entry is written before the first. Raises ForbiddenError."""
    policy.require(actor, "signal.export")
    if format not in FORMATS:
        message = f"There is no format {format[:20]!r}; there are {', '.join(FORMATS)}."
        raise InvalidError(message, field="format")
    audit.append(
        actor=actor,
        verb=Verb.SIGNALS_EXPORTED,
        target_type="signals",
        format=format,
        limit=LIMIT,
        query=str(query) or "all",
    )
    # One more than the limit tells whether something was left out.
    batches = batches_for(actor, query, LIMIT + 1, BATCH)
    return FORMATS[format](signal for batch in batches for signal in batch)


def _csv(signals: Iterable[Signal]) -> Iterator[str]:
    """For spreadsheets: no cell is a formula, addresses are defanged."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for number, signal in enumerate(signals):
        if number == LIMIT:
            yield writer.writerow([f"cut here: an export holds {LIMIT:,} signals at most"])
            return
        yield writer.writerow(csv_cell(str(value)) for value in _cells(signal))


def _ndjson(signals: Iterable[Signal]) -> Iterator[str]:
    """For programs: every field as it was sent."""
    for number, signal in enumerate(signals):
        if number == LIMIT:
            yield json.dumps({"cut_at": LIMIT}) + "\n"
            return
        yield json.dumps(_record(signal)) + "\n"


class _Echo:
    """Makes `writerow` give the line back."""

    def write(self, line: str) -> str:
        return line


def _cells(signal: Signal) -> Iterator[object]:
    ai = signal.payload.get("ai") or {}
    yield signal.pk
    yield signal.occurred_at.isoformat()
    yield signal.received_at.isoformat()
    yield signal.source.slug
    yield from (signal.external_id, signal.platform, signal.kind, signal.actor, signal.text)
    yield " ".join(signal.payload.get("urls", ()))
    yield from (ai.get("provider", ""), ai.get("model", ""))


def _record(signal: Signal) -> dict[str, Any]:
    return {
        "id": signal.pk,
        "source": signal.source.slug,
        "external_id": signal.external_id,
        "platform": signal.platform,
        "kind": signal.kind,
        "occurred_at": signal.occurred_at.isoformat(),
        "received_at": signal.received_at.isoformat(),
        "actor": signal.actor,
        "text": signal.text,
        **signal.payload,
    }


FORMATS: Final[dict[str, Callable[[Iterable[Signal]], Iterator[str]]]] = {
    "csv": _csv,
    "ndjson": _ndjson,
}
