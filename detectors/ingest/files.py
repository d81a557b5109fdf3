"""Reads files, gzip too, merged by time: NDJSON and CSV a line at a time, others by an adapter.

Memory does not grow with a file: a line or, for an adapter, `MAX_PART` is the most that is held.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec

from abusedesk.core.errors import InvalidError
from detectors.adapters.base import Adapter, Refusal
from detectors.ingest.foreign import encoded
from detectors.ingest.rows import rows_of
from detectors.schema import MAX_RAW_BYTES, ActorProfile, Ai, SignalIn

MAX_LINE: Final = 4 * 1024 * 1024
LISTS: Final = ("urls", "objects", "fingerprints")
NUMBERS: Final = ("actor_profile.followers", "ai.tokens_in", "ai.tokens_out")
TRUTHS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
FLAGS: Final = ("actor_profile.verified", "ai.refused")
FREE: Final = ("identifiers", "attributes")
NESTED: Final = {
    "actor_profile": ActorProfile.__struct_fields__,
    "ai": Ai.__struct_fields__,
}
FORMATS: Final = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".csv": "csv"}


class _When(msgspec.Struct):
    occurred_at: datetime


class Line(NamedTuple):
    """One item of a file. at: seconds, never before the line above it; number: from 1.

    refusal: of an adapter that could make no item of `raw`.
    """

    at: float
    file: int
    number: int
    raw: bytes
    refusal: Refusal | None = None


@dataclass(slots=True)
class Reader:
    """One file, read once. unsorted: lines that are older than one above them."""

    path: Path
    index: int
    adapter: Adapter | None = None
    unsorted: int = 0
    _bytes: io.BufferedReader | None = field(default=None, repr=False)

    @property
    def consumed(self) -> int:
        """Bytes read from the disk so far."""
        return self._bytes.tell() if self._bytes and not self._bytes.closed else 0

    def lines(self) -> Iterator[Line]:
        """Its items. Raises InvalidError for damaged gzip or a header that is none of ours."""
        newest = 0.0
        try:
            with self.path.open("rb") as self._bytes, _opened(self.path, self._bytes) as stream:
                for number, raw, refusal in self._items(stream):
                    at = _moment(raw)
                    self.unsorted += at is not None and at < newest
                    newest = max(newest, at or 0.0)
                    yield Line(newest, self.index, number, raw, refusal)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            message = f"{self.path.name} is damaged: {error}."
            raise InvalidError(message, field="file") from None

    def _items(self, stream: io.BufferedReader) -> Iterator[tuple[int, bytes, Refusal | None]]:
        if self.adapter is not None:
            yield from _adapted(self.adapter, stream)
            return
        is_csv = _format(self.path) == "csv"
        rows = _csv_rows(self.path, stream) if is_csv else _json_lines(stream)
        yield from ((number, raw, None) for number, raw in rows)


def merged(readers: Sequence[Reader]) -> Iterator[Line]:
    """Items of all files by time; equal times by file, then line."""
    return heapq.merge(*(reader.lines() for reader in readers), key=lambda line: line[:3])


def check_name(path: Path, adapter: Adapter | None = None) -> None:
    """Raises InvalidError unless the name says that it is of our formats, or of the adapter's."""
    _suffix(path, adapter.meta.suffixes if adapter else tuple(FORMATS))


def _adapted(
    adapter: Adapter, stream: io.BufferedReader
) -> Iterator[tuple[int, bytes, Refusal | None]]:
    """Items as JSON; of what was refused no more than is kept, for a batch of them is held."""
    for number, outcome in enumerate(adapter.stream(stream), 1):
        if isinstance(outcome, Refusal):
            raw = outcome.raw[: MAX_RAW_BYTES + 1]
            yield number, raw, outcome._replace(raw=raw)
        else:
            yield number, encoded(outcome, adapter), None


def _format(path: Path) -> str:
    return FORMATS[_suffix(path, tuple(FORMATS))]


def _suffix(path: Path, known: Sequence[str]) -> str:
    name = path.name.lower().removesuffix(".gz")
    for suffix in known:
        if name.endswith(suffix):
            return suffix
    message = f"{path.name} must end with one of {', '.join(known)}, or with .gz after it."
    raise InvalidError(message, field="file")


def _opened(path: Path, raw: io.BufferedReader) -> io.BufferedReader:
    if not path.name.lower().endswith(".gz"):
        return raw
    return io.BufferedReader(gzip.GzipFile(fileobj=raw, mode="rb"))


def _moment(raw: bytes) -> float | None:
    try:
        return _when.decode(raw).occurred_at.timestamp()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError):
        return None


def _json_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        whole = line.endswith(b"\n")
        while not whole and (rest := stream.readline(MAX_LINE)):
            whole = rest.endswith(b"\n")  # the rest of a line that no signal can be as long as
        if line := line.strip():
            yield number, line


def _csv_rows(path: Path, stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Rows as JSON objects. Bytes that are no UTF-8 become escapes that validation refuses."""
    csv.field_size_limit(MAX_LINE)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        rows = csv.reader(text)
        header = next(rows, [])
        _check_header(path, header)
        for row in rows_of(rows):
            item = row if isinstance(row, str) else _item(header, row)
            yield rows.line_num, json.dumps(item).encode()
    finally:
        text.detach()  # whoever opened the file closes it


def _check_header(path: Path, header: Sequence[str]) -> None:
    for column in header:
        group, dot, rest = column.partition(".")
        known = (
            column in set(SignalIn.__struct_fields__) - {*NESTED, *FREE}
            or rest in NESTED.get(group, ())
            or bool(group in FREE and dot and rest)
        )
        if not known:
            column = column[:80]  # noqa: PLW2901 -- shown only
            message = f"{path.name}: the column {column!r} is no field; say attributes.{column}."
            raise InvalidError(message, field=column)


def _item(header: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    """Empty cells are absent; cells beyond the header are refused by name."""
    item: dict[str, Any] = {}
    for column, cell in zip(header, row, strict=False):
        if not cell:
            continue
        group, dot, rest = column.partition(".")
        place = item.setdefault(group, {}) if dot else item
        place[rest if dot else column] = _value(column, cell)
    if len(row) > len(header):
        item[f"column {len(header) + 1}"] = row[len(header)]
    return item


def _value(column: str, cell: str) -> Any:
    """A cell in the type of its field; one that cannot be stays text, and validation names it."""
    if column in LISTS:
        return cell.split()
    if column in NUMBERS:
        return int(cell) if cell.isascii() and cell.isdecimal() else cell
    if column in FLAGS:
        return TRUTHS.get(cell.lower(), cell)
    return cell


_when = msgspec.json.Decoder(_When)
