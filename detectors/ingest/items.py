"""From one item to a signal, or to every reason why it is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

import msgspec

from detectors.ingest.body import Batch
from detectors.ingest.faults import Fault, fault, from_msgspec, required, unknown
from detectors.ingest.repair import NUL, repair
from detectors.ingest.rules import RULES, Window, unreadable
from detectors.schema import SignalIn

WHOLE: Final = "signal"
MAX_FAULTS: Final = 20
MAX_EXTERNAL_ID: Final = 200

_signal = msgspec.json.Decoder(SignalIn)
_fields: Final = {one.name: one for one in msgspec.structs.fields(SignalIn)}


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that was not stored. position: its place in the request or its line in the file.

    adapter: slug of the one that could make no item of it; empty: raw is an item of the contract.
    """

    position: int
    raw: bytes
    external_id: str
    faults: tuple[Fault, ...]
    adapter: str = ""


@dataclass(slots=True)
class Parsed:
    """Signals in the order they came, and what was refused."""

    good: list[SignalIn] = field(default_factory=list)
    bad: list[Refused] = field(default_factory=list)


def parse(batch: Batch, window: Window) -> Parsed:
    """Decode every item; one bad item never costs the others."""
    parsed = Parsed()
    for position, raw in enumerate(batch.items):
        found = read_item(raw, window, position=position, doubtful=batch.doubtful)
        if isinstance(found, SignalIn):
            parsed.good.append(found)
        else:
            parsed.bad.append(found)
    return parsed


def read_item(
    raw: msgspec.Raw | bytes, window: Window, *, position: int = 0, doubtful: bool = True
) -> SignalIn | Refused:
    """One signal, or why it is none. doubtful: look for a NUL in its strings."""
    try:
        signal = _signal.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        refused = _explained(bytes(raw), window, position)
        if refused.faults:
            return refused
        # A name that stands twice: explained was its last value, which is right; one before is not.
        return replace(refused, faults=(from_msgspec(str(error), WHOLE),))
    for name, rule in RULES.items():
        for _ in rule(getattr(signal, name), window):
            return _explained(bytes(raw), window, position)
    if doubtful and NUL in bytes(raw):
        refused = _explained(bytes(raw), window, position)
        return refused if refused.faults else signal  # an escaped backslash before `u0000`
    return signal


def _explained(raw: bytes, window: Window, position: int) -> Refused:
    try:
        item = msgspec.json.decode(repair(raw))
    except RecursionError:
        return Refused(position, raw, "", (fault(WHOLE, "depth", "nests too deep"),))
    except msgspec.DecodeError as error:
        return Refused(position, raw, "", (fault(WHOLE, "json", f"is not JSON: {error}"),))
    if not isinstance(item, dict):
        return Refused(position, raw, "", (fault(WHOLE, "type", "must be an object"),))
    found = tuple(islice(_faults(item, window), MAX_FAULTS))
    return Refused(position, raw, _external_id(item), found)


def _faults(item: Mapping[str, Any], window: Window) -> Iterator[Fault]:
    for name, one in _fields.items():
        if name in item:
            yield from _field_faults(name, item[name], window)
        elif one.required:
            yield required(name)
    for name in item:
        if name not in _fields:
            yield unknown(name)


def _field_faults(name: str, value: Any, window: Window) -> Iterator[Fault]:
    if broken := list(islice(unreadable(value, name), MAX_FAULTS)):
        yield from broken
        return
    try:
        converted = msgspec.convert(value, _fields[name].type)
    except msgspec.ValidationError as error:
        yield from _entry_faults(name, value) or [from_msgspec(str(error), name)]
        return
    if rule := RULES.get(name):
        yield from rule(converted, window)


def _entry_faults(name: str, value: Any) -> list[Fault]:
    """The guilty entries of a map, which msgspec does not name."""
    found = []
    for key, entry in value.items() if name == "identifiers" and isinstance(value, dict) else ():
        try:
            msgspec.convert({key: entry}, _fields[name].type)
        except msgspec.ValidationError as error:
            found.append(from_msgspec(str(error), f"{name}.{key}"))
    return found


def _external_id(item: Mapping[str, Any]) -> str:
    value = item.get("external_id")
    return value[:MAX_EXTERNAL_ID].replace("\x00", "\ufffd") if isinstance(value, str) else ""
