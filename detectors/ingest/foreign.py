"""Judges what an adapter wrote: the same rules as for signals that were sent as such."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from detectors.adapters.base import Adapter, Outcome, Refusal
from detectors.ingest.body import TooLargeError
from detectors.ingest.faults import fault, required
from detectors.ingest.items import Parsed, Refused, read_item
from detectors.ingest.rules import Window
from detectors.schema import MAX_BATCH, SignalIn

MAX_WRITTEN: Final = 32 * 1024 * 1024
"""Bytes that the signals of one payload may have; a short one could name a long one often."""
UNDATED: Final = fault(
    "occurred_at",
    "required",
    "is missing: the payload says no time, and a file does not say when it came",
)
RECEIPT: Final = "on receipt"


def read_foreign(adapter: Adapter, body: bytes, window: Window, received: datetime) -> Parsed:
    """Signals of a payload, and what was refused. Raises TooLargeError above the limits."""
    parsed = Parsed()
    size = 0
    for position, outcome in enumerate(adapter.read(body)):
        if position == MAX_BATCH:
            message = f"The payload holds more than {MAX_BATCH:,} signals, the limit of a request."
            raise TooLargeError(message)
        refusal = outcome if isinstance(outcome, Refusal) else None
        raw = encoded(outcome, adapter, received)
        size += len(raw)
        if size > MAX_WRITTEN:
            limit = MAX_WRITTEN // 2**20
            message = f"The payload becomes more than {limit} MiB of signals."
            raise TooLargeError(message)
        found = judged(raw, refusal, adapter, window, position)
        if isinstance(found, SignalIn):
            parsed.good.append(found)
        else:
            parsed.bad.append(found)
    return parsed


def encoded(outcome: Outcome, adapter: Adapter, received: datetime | None = None) -> bytes:
    """An item as JSON, dated by its receipt where the adapter allows it; a refused piece as it is.

    received: None in a file.
    """
    if isinstance(outcome, Refusal):
        return outcome.raw
    fields = outcome.fields
    if "occurred_at" not in fields and received is not None and adapter.meta.once:
        fields = _dated(fields, received)
    return msgspec.json.encode(fields)


def judged(
    raw: bytes, refusal: Refusal | None, adapter: Adapter, window: Window, position: int
) -> SignalIn | Refused:
    """The signal, or why it is none.

    A refused item is kept as JSON of the contract, to be fixed and replayed like any other; what
    no item could be made of is kept as it came, with the adapter's name.
    """
    if refusal is not None:
        reason = fault(refusal.place, refusal.code, refusal.sentence)
        return Refused(position, raw, "", (reason,), adapter.meta.slug)
    found = read_item(raw, window, position=position)
    if isinstance(found, SignalIn):
        return found
    faults = tuple(UNDATED if one == required("occurred_at") else one for one in found.faults)
    return Refused(position, raw, found.external_id, faults)


def _dated(fields: dict[str, Any], received: datetime) -> dict[str, Any]:
    attributes = {**fields.get("attributes", {}), "dated": RECEIPT}
    return fields | {"occurred_at": received.isoformat(), "attributes": attributes}
