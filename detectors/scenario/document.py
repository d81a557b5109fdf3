"""A scenario as a file (NDJSON): a first line that says what is expected, then the signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

import msgspec

from detectors.base import Signal

FORMAT: Final = "abusedesk-scenario"
VERSION: Final = 1
MAX_LINES: Final = 20_000


Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}$(?!\n)")]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Accounts that one detector names with these settings. version: of the detector's code."""

    detector: str
    version: int
    params: dict[str, Any]
    accounts: tuple[str, ...]


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT):
    """The first line. name: what the desk calls it. signals: how many lines follow. sources: slugs
    by the number that signals have for them."""

    name: str
    expected: tuple[Expected, ...]
    signals: int
    format_version: int = VERSION
    sources: dict[Number, str] = {}


class Scenario(msgspec.Struct, frozen=True):
    """A whole file."""

    head: Head
    signals: tuple[Signal, ...]


class BrokenError(ValueError):
    """The file is no scenario; the text names the line."""


_head = msgspec.json.Decoder(Head)
_signal = msgspec.json.Decoder(Signal)


def lines_of(head: Head, signals: Iterable[Signal]) -> Iterator[bytes]:
    """The file, a line at a time; the same scenario is the same bytes."""
    yield msgspec.json.encode(head, order="sorted") + b"\n"
    yield from (packed(one) + b"\n" for one in signals)


def packed(signal: Signal) -> bytes:
    """One signal as a line."""
    return msgspec.json.encode(signal, order="sorted")


def unpacked(body: bytes) -> list[Signal]:
    """Signals out of their lines."""
    return [_signal.decode(line) for line in body.splitlines() if line]


def read(lines: Iterable[bytes]) -> Scenario:
    """A scenario out of its file. Raises BrokenError naming the line."""
    head: Head | None = None
    signals: list[Signal] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if number > MAX_LINES:
            message = f"A scenario has at most {MAX_LINES:,} lines."
            raise BrokenError(message)
        try:
            if head is None:
                head = _head.decode(line)
            else:
                signals.append(_signal.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"Line {number}: {error}"
            raise BrokenError(message) from error
    if head is None:
        message = "The file is empty."
        raise BrokenError(message)
    _check(head, signals)
    return Scenario(head, tuple(signals))


def _check(head: Head, signals: list[Signal]) -> None:
    if head.format_version != VERSION:
        message = f"Line 1: this release reads version {VERSION}, not {head.format_version}."
        raise BrokenError(message)
    if head.signals != len(signals):
        message = f"Line 1 says {head.signals} signals, {len(signals)} follow: it is not whole."
        raise BrokenError(message)
    if not head.expected:
        message = "Line 1: nothing is expected, so nothing could fail."
        raise BrokenError(message)
