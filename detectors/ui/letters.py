"""What pages show of refused items: the item for an editor, its reasons at their fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.db.models import QuerySet

from abusedesk.core import text
from detectors.ingest.repair import repair
from detectors.models import DeadLetter

MAX_LAYOUT: Final = 1_000_000
"""Bytes that indenting may add: lists in lists would grow with the square of their depth."""
SENT: Final = 200
EXPORTED: Final = 100_000
PAGE: Final = 500
COLUMNS: Final = (
    "id", "received_at", "source", "external_id", "position", "adapter", "state", "field", "code",
    "message", "raw",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wrong:
    """One reason with what was sent at its field. sent: empty when nothing is there."""

    field: str
    code: str
    message: str
    sent: str


def laid_out(raw: bytes) -> str:
    """The item with a line for each value, byte for byte the same otherwise; or as it is."""
    brackets = raw.count(b"[") + raw.count(b"{")
    lines = raw.count(b",") + 2 * brackets
    try:
        small = 2 * brackets * lines <= MAX_LAYOUT
        shown = msgspec.json.format(raw, indent=2) if small else raw
    except (msgspec.DecodeError, RecursionError):
        shown = raw
    return shown.decode("utf-8", "replace")


def wrongs(raw: bytes, errors: Sequence[Mapping[str, str]]) -> list[Wrong]:
    """The reasons, each beside the value that it is about."""
    try:
        item = msgspec.json.decode(repair(raw))
    except (msgspec.DecodeError, RecursionError):
        item = None
    return [
        Wrong(one["field"], one["code"], one["message"], _sent(item, one["field"]))
        for one in errors
    ]


def csv_lines(letters: QuerySet[DeadLetter]) -> Iterator[str]:
    """One line a refused item, its reasons side by side; no cell is a formula."""
    yield _line(COLUMNS)
    for letter in _newest(letters):
        reasons = [
            "; ".join(one[name] for one in letter.errors) for name in ("field", "code", "message")
        ]
        raw = bytes(letter.raw).decode("utf-8", "replace")
        row = (*_about(letter).values(), *reasons, raw)
        yield _line([text.csv_cell(str(cell)) for cell in row])


def ndjson_lines(letters: QuerySet[DeadLetter]) -> Iterator[str]:
    """One JSON object a refused item."""
    for letter in _newest(letters):
        raw = bytes(letter.raw).decode("utf-8", "replace")
        row = {**_about(letter), "errors": letter.errors, "raw": raw}
        yield f"{msgspec.json.encode(row).decode()}\n"


def _newest(letters: QuerySet[DeadLetter]) -> Iterator[DeadLetter]:
    """A page at a time: neither a cursor of the database nor the memory grows with the list."""
    page = list(letters.order_by("-id")[:PAGE])
    for _ in range(EXPORTED // PAGE):
        yield from page
        if len(page) < PAGE:
            return
        page = list(letters.order_by("-id").filter(pk__lt=page[-1].pk)[:PAGE])


def _about(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.pk,
        "received_at": letter.received_at.isoformat(),
        "source": letter.source.slug,
        "external_id": letter.external_id,
        "position": letter.position,
        "adapter": letter.adapter,
        "state": letter.state,
    }


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _sent(item: Any, path: str) -> str:
    """The value at a dotted path, as JSON, cut; keys that hold dots themselves are not found."""
    for step in path.split("."):
        if isinstance(item, dict):
            item = item.get(step)
        elif isinstance(item, list) and step.isdecimal() and int(step) < len(item):
            item = item[int(step)]
        else:
            return ""
        if item is None:
            return ""
    shown = msgspec.json.encode(item).decode()
    return shown if len(shown) <= SENT else f"{shown[:SENT]}…"
