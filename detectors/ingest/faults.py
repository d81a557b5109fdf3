"""What is wrong with an item: msgspec's errors in the words of the contract."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from detectors.schema import Kind

MAX_FIELD: Final = 200
MAX_MESSAGE: Final = 400
WORDS: Final = {
    "array": "a list",
    "bool": "true or false",
    "datetime": "a date and time",
    "float": "a number",
    "int": "a whole number",
    "null": "null",
    "object": "an object",
    "str": "text",
}
_INDEX = re.compile(r"\[(\d+)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`", re.DOTALL)
_PLACE = re.compile(r" - at (?:`key` in )?`\$(.*)`$", re.DOTALL)


class Fault(msgspec.Struct, frozen=True):
    """One reason. field: dotted path; code: type, required, unknown, range, size, ..."""

    field: str
    code: str
    message: str


def fault(field: str, code: str, sentence: str) -> Fault:
    """A reason that names its field; the sender's own words in it are cut and free of NUL."""
    field = _clean(field, MAX_FIELD)
    return Fault(field, code, _clean(f"{field} {sentence}.", MAX_MESSAGE))


def from_msgspec(error: str, field: str) -> Fault:
    """The reason behind msgspec's text, which was about `field` or something inside it."""
    place = _PLACE.search(error)
    said = error[: place.start()] if place else error
    inside = place[1].replace("[...]", "") if place else ""
    field += _INDEX.sub(r".\1", inside)
    if match := _UNKNOWN.fullmatch(said):
        return unknown(f"{field}.{match[1]}")
    for pattern, code, sentence in TABLE:
        if match := pattern.fullmatch(said):
            return fault(field, code, sentence(match))
    return fault(field, "invalid", f"cannot be used: {said}")


def unknown(field: str) -> Fault:
    """A field that the contract does not have."""
    return fault(field, "unknown", "is not a field of the contract; put it into attributes")


def required(field: str) -> Fault:
    """A field that is missing."""
    return fault(field, "required", "is required")


def _clean(text: str, limit: int) -> str:
    return text[:limit].replace("\x00", "\ufffd")


def _type(match: re.Match[str]) -> str:
    wanted = " or ".join(WORDS.get(word, word) for word in match[1].split(" | "))
    return f"must be {wanted}, not {WORDS.get(match[2], match[2])}"


def _size(match: re.Match[str]) -> str:
    unit = {"str": "characters", "array": "items", "object": "entries"}[match[1]]
    return f"must have {_bound(match[2])} {match[3]} {unit}"


def _bound(sign: str) -> str:
    return "at least" if sign == ">=" else "at most"


def _always(sentence: str) -> Callable[[re.Match[str]], str]:
    return lambda _: sentence


TABLE: Final[tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], str]], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), code, sentence)
    for pattern, code, sentence in (
        (r"Expected `([^`]+)`, got `([^`]+)`", "type", _type),
        (r"Expected `(str|array|object)` of length (>=|<=) (\d+)", "size", _size),
        (
            r"Expected `(?:int|float)` (>=|<=) (\S+)",
            "range",
            lambda match: f"must be {_bound(match[1])} {match[2]}",
        ),
        (
            r"Expected `str` matching regex '(.+)'",
            "format",
            lambda match: f"must match {match[1]}",
        ),
        (
            r"Expected `datetime` with a timezone component",
            "offset",
            _always("must say its offset from UTC, as in 2026-01-31T12:00:00Z"),
        ),
        (
            r"Invalid RFC3339 encoded datetime",
            "format",
            _always("must be a date and time with offset, as in 2026-01-31T12:00:00Z"),
        ),
        (r"Invalid enum value .*", "choice", _always(f"must be one of {', '.join(Kind)}")),
        (r"(?:Number|Integer value|Int\w*) out of range", "range", _always("is out of range")),
    )
)
"""msgspec's text, our code, our sentence about the field; the first match counts."""
