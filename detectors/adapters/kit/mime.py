"""Internet messages (RFC 5322, RFC 2045 ff.) cut into headers and parts, in linear time.

The standard library's parser is not used here: its time and its exceptions depend on the sender.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.encodings import decoded, from_base64, parameters, words

MAX_HEAD: Final = 512 * 1024
MAX_HEADERS: Final = 1_000
MAX_VALUE: Final = 32 * 1024
MAX_DEPTH: Final = 8
MAX_PARTS: Final = 200
MAX_BOUNDARY: Final = 200
ENVELOPE: Final = b"From "
MULTIPART: Final = "multipart/"
MESSAGE: Final = frozenset({"message/rfc822", "message/global"})

_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]{0,9}:")


class Part(NamedTuple):
    """A message or one part of it. path: `2.1` for the first part of the second; empty: itself."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first field of this name, unfolded; empty without one."""
        return next(self.all(name), "")

    def all(self, name: str) -> Iterator[str]:
        """Every field of this name."""
        return (value for known, value in self.headers if known.lower() == name)

    @property
    def media_type(self) -> str:
        """In lower case; text/plain where it is not said."""
        said = self.header("content-type").partition(";")[0].strip().lower()
        return said if "/" in said else "text/plain"

    def parameter(self, header: str, name: str) -> str:
        """A parameter of a field, as `boundary` of Content-Type."""
        return parameters(self.header(header)).get(name, "")

    @property
    def file_name(self) -> str:
        """What the sender calls an attachment."""
        name = self.parameter("content-disposition", "filename")
        return words(name or self.parameter("content-type", "name"))

    @property
    def is_attached(self) -> bool:
        """Whether it is no part of the text."""
        said = self.header("content-disposition").strip().lower()
        return said.startswith("attachment") or bool(self.file_name)

    def content(self) -> bytes:
        """The body without its transfer encoding."""
        encoding = self.header("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return from_base64(self.body)
        return binascii.a2b_qp(self.body) if encoding == "quoted-printable" else self.body

    def text(self) -> str:
        """The body as text."""
        return decoded(self.content(), self.parameter("content-type", "charset"))


def parse(raw: bytes, place: str) -> Part:
    """A message. Raises UnfitError when it does not begin with header fields."""
    headers, body = _split(raw, place)
    if not headers:
        raise UnfitError(place, "format", "does not begin with the header fields of a message")
    return Part("", headers, body)


def fields(raw: bytes, place: str) -> tuple[tuple[str, str], ...]:
    """Header fields that stand alone, as in a feedback report."""
    return _split(raw, place)[0]


def leaves(message: Part) -> list[Part]:
    """Parts that are no multipart, in order; a message inside is one of them."""
    found: list[Part] = []
    _collect(message, found, 0)
    return found


def _split(raw: bytes, place: str) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Header fields and body; what begins with no field is all body."""
    start = raw.lstrip(b"\r\n")
    if not _FIELD.match(start) and not start.startswith(ENVELOPE):
        return (), raw
    end = _END.search(start)
    head, body = (start[: end.start()], start[end.end() :]) if end else (start, b"")
    if len(head) > MAX_HEAD:
        raise UnfitError(place, "size", f"has more than {MAX_HEAD // 1024} KiB of header fields")
    return _headers(head), body


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    """Fields, unfolded; lines that are none are skipped."""
    found: list[tuple[str, list[bytes]]] = []
    for line in head.split(b"\n"):
        if line[:1] in {b" ", b"\t"} and found:
            found[-1][1].append(line.rstrip(b"\r"))
        elif len(found) < MAX_HEADERS and (name := _FIELD.match(line)):
            found.append((name[1].decode("ascii"), [line[name.end() :].rstrip(b"\r")]))
    return tuple((name, decoded(b"".join(lines)[:MAX_VALUE], "").strip()) for name, lines in found)


def _collect(part: Part, found: list[Part], depth: int) -> None:
    boundary = part.parameter("content-type", "boundary")[:MAX_BOUNDARY]
    if not (part.media_type.startswith(MULTIPART) and boundary and depth < MAX_DEPTH):
        found.append(part)
        return
    for number, raw in enumerate(_pieces(part.body, boundary.encode()), 1):
        if len(found) >= MAX_PARTS:
            return
        path = f"{part.path}.{number}" if part.path else str(number)
        is_bare = raw.startswith((b"\n", b"\r\n"))
        headers, body = ((), raw) if is_bare else _split(raw, f"part {path}")
        _collect(Part(path, headers, body), found, depth + 1)


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What stands between the delimiter lines; what is never closed ends with the body."""
    marks = _marks(body, b"--" + boundary)
    mark = next(marks, None)
    while mark is not None and not body.startswith(b"--", mark[1]):
        following = next(marks, None)
        start = body.find(b"\n", mark[1])
        end = following[0] if following else len(body)
        if start >= 0:
            yield body[start + 1 : end].removesuffix(b"\r")
        mark = following


def _marks(body: bytes, sign: bytes) -> Iterator[tuple[int, int]]:
    """(where the line before a delimiter ends, where its sign ends)."""
    place = 0 if body.startswith(sign) else body.find(b"\n" + sign)
    while place >= 0:
        end = place + len(sign) + (body[place : place + 1] == b"\n")
        if body[end : end + 2] == b"--" or not body[end : end + 1].strip():
            yield place, end
        place = body.find(b"\n" + sign, end)
