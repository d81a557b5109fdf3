"""What a struct cannot say about a signal: moments, sizes, depth, sketches, text that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Self

import msgspec

from detectors import sketches
from detectors.ingest.faults import Fault, fault
from detectors.schema import MAX_ATTRIBUTES_BYTES, MAX_TEXT_BYTES

MAX_AHEAD: Final = timedelta(minutes=10)
MAX_DEPTH: Final = 32
BYTES_A_CHARACTER: Final = 4  # at most, in UTF-8


@dataclass(frozen=True, slots=True)
class Window:
    """Moments that are believed, both ends included."""

    oldest: datetime
    newest: datetime

    @classmethod
    def at(cls, now: datetime, *, oldest: date) -> Self:
        """What is believed at `now`: clocks may run ten minutes ahead."""
        return cls(datetime.combine(oldest, time(), UTC), now + MAX_AHEAD)


def occurred_at(value: datetime, window: Window) -> Iterator[Fault]:
    """Not in the future, not before computers."""
    if value > window.newest:
        yield fault("occurred_at", "range", "lies more than 10 minutes in the future")
    elif value < window.oldest:
        yield fault("occurred_at", "range", f"lies before {window.oldest:%Y-%m-%d}")


def text(value: str, _: Window) -> Iterator[Fault]:
    """64 KiB in UTF-8."""
    if len(value) * BYTES_A_CHARACTER > MAX_TEXT_BYTES and len(value.encode()) > MAX_TEXT_BYTES:
        yield fault("text", "size", f"must have at most {MAX_TEXT_BYTES:,} bytes in UTF-8")


def attributes(value: dict[str, Any], _: Window) -> Iterator[Fault]:
    """16 KiB as JSON, 32 levels."""
    if not value:
        return
    if _deeper_than(value, MAX_DEPTH):
        yield fault("attributes", "depth", f"must nest at most {MAX_DEPTH} levels deep")
    elif len(msgspec.json.encode(value)) > MAX_ATTRIBUTES_BYTES:
        yield fault(
            "attributes", "size", f"must have at most {MAX_ATTRIBUTES_BYTES:,} bytes as JSON"
        )


def fingerprints(value: Sequence[str], _: Window) -> Iterator[Fault]:
    """Each a sketch; what cannot be compared would be stored for nothing."""
    for index, one in enumerate(value):
        try:
            sketches.parse(one)
        except ValueError as error:
            yield fault(f"fingerprints.{index}", "format", f"is no sketch: {error}")


RULES: Final[Mapping[str, Callable[[Any, Window], Iterator[Fault]]]] = {
    "occurred_at": occurred_at,
    "text": text,
    "attributes": attributes,
    "fingerprints": fingerprints,
}
"""Field -> what else it must keep; called with values that the struct accepted."""


def unreadable(value: Any, field: str) -> Iterator[Fault]:
    """Strings and keys with a NUL, which stands for half a surrogate pair or no UTF-8 as well."""
    stack = [(field, value)]
    while stack:
        path, one = stack.pop()
        if isinstance(one, str) and "\x00" in one:
            yield fault(path, "encoding", "holds a NUL character or is not valid Unicode")
        elif isinstance(one, list):
            stack += [(f"{path}.{index}", each) for index, each in enumerate(one)]
        elif isinstance(one, dict):
            stack += [(path, name) for name in one if "\x00" in name]
            stack += [(f"{path}.{name}", each) for name, each in one.items()]


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterator[Any]:
    """Lists and objects directly inside."""
    inside = value.values() if isinstance(value, dict) else value
    return (child for child in inside if isinstance(child, dict | list))
