"""JSON payloads: one object, a list, or one a line; each object becomes a record."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final, NamedTuple

import msgspec

from detectors.adapters.base import MAX_PART, Adapter, Outcome, Refusal, UnfitError
from detectors.adapters.kit.record import Record
from detectors.ingest.repair import repair

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
BOM: Final = b"\xef\xbb\xbf"
WHOLE: Final = "body"
MAX_VALUES: Final = 1_000_000
"""Commas and brackets in a document; each value costs many times the bytes it is written in."""

_list = msgspec.json.Decoder(list[msgspec.Raw])
_Bad = (msgspec.DecodeError, UnicodeDecodeError)


class Document(NamedTuple):
    """One decoded value. raw: as it was sent."""

    place: str
    value: Any
    raw: bytes


class JsonAdapter(Adapter):
    """An adapter of JSON objects: `signals` says what one becomes."""

    def stream(self, file: BufferedReader) -> Iterator[Outcome]:
        """Signals of every object in the file."""
        for document in documents(file):
            if isinstance(document, Refusal):
                yield document
            else:
                yield from self._guarded(document)

    def signals(self, record: Record) -> Iterator[Outcome]:
        """Signals of one object. Raises UnfitError where it is none of this format."""
        raise NotImplementedError

    def _guarded(self, document: Document) -> Iterator[Outcome]:
        place = document.place or WHOLE
        if not isinstance(document.value, dict):
            yield Refusal(place, "type", "must be an object", document.raw)
            return
        try:
            yield from self.signals(Record(document.value, document.place))
        except UnfitError as error:
            yield error.refusal(document.raw)
        except RecursionError:
            yield Refusal(place, "depth", "nests too deep", document.raw)


def documents(file: BufferedReader) -> Iterator[Document | Refusal]:
    """Values of a file: when its first line is JSON, every line is; else it is one document."""
    first = _first_line(file)
    if not first:
        yield Refusal(WHOLE, "empty", "is empty", b"")
    elif _is_json(first):
        yield from _by_line(first, file)
    else:
        yield from _whole(first, file)


def decoded(raw: bytes, place: str) -> Any:
    """A JSON value; text that is none stays in as NUL. Raises UnfitError when it is no JSON."""
    _refuse_swarm(raw, place)
    try:
        try:
            return msgspec.json.decode(raw)
        except _Bad:
            return msgspec.json.decode(repair(raw))
    except RecursionError:
        raise UnfitError(place, "depth", "nests too deep") from None
    except _Bad as error:
        raise UnfitError(place, "json", f"is not JSON: {error}") from None


def _first_line(file: BufferedReader) -> bytes:
    """The first line that holds something, without a byte order mark; empty at the end."""
    line = file.readline(MAX_PART).removeprefix(BOM)
    while line and not line.strip():
        line = file.readline(MAX_PART)
    return line


def _is_json(line: bytes) -> bool:
    try:
        decoded(line, "")
    except UnfitError:
        return False
    return True


def _by_line(first: bytes, file: BufferedReader) -> Iterator[Document | Refusal]:
    """A single line is a single document, which needs no number."""
    line, following, number = first, file.readline(MAX_PART), 1
    is_alone = not following
    while line:
        if line.strip():
            yield from _values(line.strip(), "" if is_alone else f"line {number}")
        line, following, number = following, file.readline(MAX_PART), number + 1


def _whole(first: bytes, file: BufferedReader) -> Iterator[Document | Refusal]:
    raw = first + file.read(MAX_PART + 1 - len(first))
    if len(raw) > MAX_PART:
        sentence = f"is one document of more than {MAX_PART // 2**20} MiB"
        yield Refusal(WHOLE, "size", sentence, raw[:MAX_PART])
        return
    yield from _values(raw.strip(), "")


def _values(raw: bytes, place: str) -> Iterator[Document | Refusal]:
    """The value, or each of a list. One bad element never costs the others."""
    try:
        pieces = _elements(raw, place) if raw.startswith(b"[") else iter([(place, raw)])
    except UnfitError as error:
        yield error.refusal(raw)
        return
    for where, piece in pieces:
        try:
            yield Document(where, decoded(piece, where or WHOLE), piece)
        except UnfitError as error:
            yield error.refusal(piece)


def _elements(raw: bytes, place: str) -> Iterator[tuple[str, bytes]]:
    where = place or WHOLE
    _refuse_swarm(raw, where)
    try:
        try:
            found = _list.decode(raw)
        except _Bad:
            found = _list.decode(repair(raw))
    except RecursionError:
        raise UnfitError(where, "depth", "nests too deep") from None
    except _Bad as error:
        raise UnfitError(where, "json", f"is not JSON: {error}") from None
    dot = f"{place}." if place else ""
    return ((f"{dot}{index}", bytes(one)) for index, one in enumerate(found))


def _refuse_swarm(raw: bytes, place: str) -> None:
    if len(raw) > MAX_VALUES and sum(raw.count(sign) for sign in (b",", b"[", b"{")) > MAX_VALUES:
        raise UnfitError(place, "size", f"holds more than {MAX_VALUES:,} values")
