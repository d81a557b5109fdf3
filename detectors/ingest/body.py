"""From the bytes of a request to its items: media type, gzip, limits, four ways to write."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from abusedesk.core.errors import AbuseDeskError
from detectors.ingest.repair import NUL, repair_surrogates
from detectors.schema import MAX_BATCH, MAX_BODY_BYTES

JSON: Final = "application/json"
NDJSON: Final = ("application/x-ndjson", "application/ndjson")
MEDIA_TYPES: Final = (JSON, *NDJSON)
PLAIN: Final = ("", "identity")
GZIP: Final = ("gzip", "x-gzip")
GZIP_WBITS: Final = 31  # zlib: expect a gzip header
MAX_MEMBERS: Final = 1_000  # gzip files put behind each other; each costs a copy of what follows
MANY_COMMAS: Final = 200_000  # above this, items are counted before they become objects
BOM: Final = b"\xef\xbb\xbf"

_TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},]', re.DOTALL)
_DEPTH = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_list = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


class BodyError(AbuseDeskError):
    """The request as a whole cannot be read."""

    status = 400
    code = "unreadable"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="body")


class LengthError(BodyError):
    """The request does not say how long it is."""

    status = 411
    code = "length_required"


class TooLargeError(BodyError):
    """A limit of a request; the sentence says which."""

    status = 413
    code = "too_large"


class MediaTypeError(BodyError):
    """Content-Type or Content-Encoding is none of ours."""

    status = 415
    code = "media_type"


@dataclass(frozen=True, slots=True)
class Batch:
    """Items of one request, not decoded yet. doubtful: some string may hold a NUL."""

    items: Sequence[msgspec.Raw | bytes]
    doubtful: bool = False


def check_media_type(content_type: str, known: Sequence[str] = MEDIA_TYPES) -> str:
    """The media type alone. Raises MediaTypeError for another type or charset."""
    media_type, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters)
    if media_type.strip() not in known:
        message = f"The body must have the Content-Type {', '.join(known)}."
        raise MediaTypeError(message)
    if charset and charset[1] not in {"utf-8", "utf8", "us-ascii"}:
        message = "The body must be UTF-8; its charset says otherwise."
        raise MediaTypeError(message)
    return media_type.strip()


def read_body(chunks: Iterable[bytes], encoding: str = "") -> bytes:
    """All bytes, decompressed. Memory stays within the limit whatever the sender does."""
    encoding = encoding.strip().lower()
    if encoding in PLAIN:
        return _joined(chunks)
    if encoding in GZIP:
        return _gunzip(chunks)
    message = "The body must have the Content-Encoding gzip or none."
    raise MediaTypeError(message)


def split(body: bytes, media_type: str = JSON) -> Batch:
    """Items of a body: one object, `{"signals": [...]}`, a list, or one object a line."""
    body = body.removeprefix(BOM)
    if not body.strip():
        message = "The body is empty; it must hold a signal or a list of signals."
        raise BodyError(message)
    if media_type in NDJSON:
        return _counted(Batch(_lines(body), NUL in body))
    try:
        return _counted(_decoded(body))
    except RecursionError:
        message = "The body nests too deep."
        raise BodyError(message) from None
    except UnicodeDecodeError:
        message = "The body is not UTF-8."
        raise BodyError(message) from None
    except msgspec.DecodeError as error:
        return _counted(_second_look(body, error))


def _decoded(body: bytes) -> Batch:
    _refuse_swarm(body)
    if not body.lstrip().startswith(b"{"):
        return Batch(_list_of(body, "The body, when it is not one signal,"), NUL in body)
    fields = _object.decode(body)
    if "signals" not in fields:
        return Batch([body], NUL in body)
    if extra := [name for name in fields if name != "signals"]:
        message = (
            f"The body has the field {extra[0][:80]!r} beside signals; only signals can be there."
        )
        raise BodyError(message)
    return Batch(_list_of(fields["signals"], "The field signals of the body"), NUL in body)


def _list_of(raw: msgspec.Raw | bytes, name: str) -> Sequence[msgspec.Raw]:
    try:
        return _list.decode(raw)
    except msgspec.ValidationError:
        message = f"{name} must be a list of signals."
        raise BodyError(message) from None


def _second_look(body: bytes, error: msgspec.DecodeError) -> Batch:
    """Lines sent as JSON, or a list with half a surrogate pair: only the guilty item is refused."""
    repaired = repair_surrogates(body)
    try:
        if repaired != body:
            return Batch(_originals(body, repaired, _decoded(repaired).items), doubtful=True)
        first = body.lstrip().split(b"\n", 1)[0]
        _object.decode(first)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = f"The body is not JSON: {error}."
        raise BodyError(message) from None
    return Batch(_lines(body), NUL in body)


def _originals(
    body: bytes, repaired: bytes, items: Sequence[msgspec.Raw | bytes]
) -> Sequence[bytes]:
    """The items as they were sent; a repair keeps every byte in its place."""
    found, start = [], 0
    for item in items:
        raw = bytes(item)
        start = repaired.index(raw, start)
        found.append(body[start : start + len(raw)])
        start += len(raw)
    return found


def _lines(body: bytes) -> Sequence[bytes]:
    lines = (line.strip() for line in io.BytesIO(body))
    return list(islice(filter(None, lines), MAX_BATCH + 1))


def _counted(batch: Batch) -> Batch:
    if len(batch.items) > MAX_BATCH:
        _refuse_count()
    return batch


def _refuse_count() -> None:
    message = f"The body holds more than {MAX_BATCH:,} signals, the limit of a request."
    raise TooLargeError(message)


def _refuse_swarm(body: bytes) -> None:
    """Stop a list of millions of tiny items before each becomes an object (70 bytes for `0,`)."""
    if body.count(b",") < MANY_COMMAS:
        return
    depth, counts = 0, {1: 0, 2: 0}
    for token in _TOKENS.finditer(body):
        symbol = token[0]
        depth += _DEPTH.get(symbol, 0)
        if symbol == b"," and depth in counts:
            counts[depth] += 1
            if counts[depth] >= MAX_BATCH:
                _refuse_count()
        elif symbol in b"]}" and depth == 1:
            counts[2] = 0


def _joined(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        _refuse_size(len(body))
    return bytes(body)


def _gunzip(chunks: Iterable[bytes]) -> bytes:
    body, members, received = bytearray(), 0, 0
    machine = zlib.decompressobj(GZIP_WBITS)
    try:
        for chunk in chunks:
            received += len(chunk)
            _refuse_size(received)
            rest = chunk
            while rest:
                if machine.eof:
                    machine, members = zlib.decompressobj(GZIP_WBITS), members + 1
                body += machine.decompress(rest, MAX_BODY_BYTES + 1 - len(body))
                _refuse_size(len(body))
                rest = machine.unused_data if machine.eof else machine.unconsumed_tail
                if members > MAX_MEMBERS:
                    message = "The body has too many gzip members."
                    raise TooLargeError(message)
    except zlib.error:
        message = "The body says it is gzip, but it is not."
        raise BodyError(message) from None
    if received and not machine.eof:
        message = "The body is gzip that ends too early."
        raise BodyError(message)
    return bytes(body)


def _refuse_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        limit = MAX_BODY_BYTES // 2**20
        message = (
            f"The body is larger than {limit} MiB after decompression, the limit of a request."
        )
        raise TooLargeError(message)
