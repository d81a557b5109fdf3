"""Signals that somebody pasted: read as they would be when sent, a little more leniently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import msgspec

from detectors.base import Signal
from detectors.ingest.items import read_item
from detectors.ingest.rules import Window
from detectors.schema import SignalIn

MAX_BYTES: Final = 256 * 1024
MAX_SIGNALS: Final = 200


@dataclass(slots=True)
class Pasted:
    """Signals in the order in which they were pasted, with ids from 1, and what is wrong."""

    signals: list[Signal] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_pasted(text: str, now: datetime, oldest: date) -> Pasted:
    """One signal, a list, `{"signals": [..]}`, or one on each line.

    What has no external_id or no time gets one. oldest: see `Window.at`.
    """
    pasted = Pasted()
    if not text.strip():
        return pasted
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        pasted.faults.append(f"A sample has at most {MAX_BYTES // 1024} KiB; shorten it.")
        return pasted
    items = _items(text, pasted)
    if len(items) > MAX_SIGNALS:
        pasted.faults.append(f"Only the first {MAX_SIGNALS} signals are looked at.")
    _take(pasted, items[:MAX_SIGNALS], now, oldest)
    return pasted


def read_items(items: list[Any], now: datetime, oldest: date) -> Pasted:
    """The same of items that a program sent."""
    pasted = Pasted()
    _take(pasted, items[:MAX_SIGNALS], now, oldest)
    return pasted


def _items(text: str, pasted: Pasted) -> list[Any]:
    raw = text.encode("utf-8", "replace")
    try:
        told = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        lines = [(n, line) for n, line in enumerate(raw.splitlines(), 1) if line.strip()]
        if len(lines) > 1 and lines[0][1].strip().endswith(b"}"):
            return _lines(lines, pasted)
        pasted.faults.append(f"This is no JSON: {error}")
        return []
    if isinstance(told, Mapping) and isinstance(told.get("signals"), list):
        return list(told["signals"])
    return told if isinstance(told, list) else [told]


def _lines(lines: list[tuple[int, bytes]], pasted: Pasted) -> list[Any]:
    found = []
    for number, line in lines:
        try:
            found.append(msgspec.json.decode(line))
        except (msgspec.DecodeError, RecursionError) as error:
            pasted.faults.append(f"Line {number} is no JSON: {error}")
    return found


def _take(pasted: Pasted, items: list[Any], now: datetime, oldest: date) -> None:
    window = Window.at(now, oldest=oldest)
    for number, item in enumerate(items, 1):
        told = item
        if isinstance(item, dict):
            told = {"external_id": f"pasted-{number}", "occurred_at": now.isoformat()} | item
        try:
            raw = msgspec.json.encode(told)
        except UnicodeEncodeError:
            pasted.faults.append(f"Signal {number}: there is half a character in it.")
            continue
        read = read_item(raw, window)
        if isinstance(read, SignalIn):
            pasted.signals.append(Signal.of(read, number))
        else:
            pasted.faults += [f"Signal {number}: {one.message}" for one in read.faults]
