"""Bytes of a report to text: byte order marks, UTF-16 without one, UTF-8, Windows-1252."""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT: Final = 2_000
_NULS: Final = 0.3
"""Share of NUL bytes on one side of each pair from which bytes are UTF-16."""


class Decoded(NamedTuple):
    """Text, and how it was written."""

    text: str
    encoding: str


def decoded(raw: bytes) -> Decoded:
    """The text of a file. Never fails: what no encoding explains becomes U+FFFD, as does NUL."""
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return _read(raw[len(mark) :], codec)
    if codec := _wide(raw[:_LOOKED_AT]):
        return _read(raw, codec)
    try:
        return Decoded(_clean(raw.decode()), "utf-8")
    except UnicodeDecodeError:
        return _read(raw, "cp1252")


def _read(raw: bytes, codec: str) -> Decoded:
    return Decoded(_clean(raw.decode(codec, "replace")), codec)


def _wide(head: bytes) -> str:
    half = len(head) // 2
    if half == 0:
        return ""
    if head[1::2].count(0) > half * _NULS:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > half * _NULS else ""


def _clean(text: str) -> str:
    """Line breaks as they are compared; lone surrogates cannot be stored."""
    kept = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return kept.replace("\r\n", "\n").replace("\r", "\n")
