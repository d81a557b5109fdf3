"""A found value in the form that its field takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from detectors.adapters.base import UnfitError
from detectors.adapters.kit import moments
from detectors.adapters.kit.bounds import shortened
from detectors.adapters.kit.fields import MAX_NUMBER
from detectors.mapping.base import as_text
from detectors.mapping.targets import Takes, Target
from detectors.schema import Kind

TRUTHS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
OTHERS: Final = "*"
SHOWN: Final = 60
MAX_DIGITS: Final = 16

_OBJECT = re.compile(r"[a-z0-9-]{1,40}:\s*\S", re.ASCII)


def looked_up(table: Mapping[str, str], value: Any, place: str) -> str:
    """What the table says of a word. Raises UnfitError when it says nothing."""
    word = as_text(value, place).strip()
    if word in table:
        return table[word]
    if OTHERS in table:
        return table[OTHERS]
    sentence = f"is {shortened(word, SHOWN)!r}, which the table does not name"
    raise UnfitError(place, "choice", sentence)


def formed(target: Target, value: Any, place: str) -> Any:
    """The value for that field. Raises UnfitError when it is no such thing."""
    match target.takes:
        case Takes.ANY:
            return value
        case Takes.TIME:
            return moments.parsed(value.strip() if isinstance(value, str) else value, place)
        case Takes.NUMBER:
            return _number(value, place)
        case Takes.FLAG:
            return _flag(value, place)
        case Takes.TEXT | Takes.MANY:
            return _checked(target.field, as_text(value, place), place)


def _checked(field: str, text: str, place: str) -> str:
    """Text that a draft could not take as it is."""
    if field == "kind" and text not in set(Kind):
        sentence = (
            f"is {shortened(text, SHOWN)!r}; kind must be one of {', '.join(Kind)},"
            " and a table can translate it"
        )
        raise UnfitError(place, "choice", sentence)
    if field == "objects" and not _OBJECT.match(text):
        sentence = "must be type:value; objects.<type> puts the type in front"
        raise UnfitError(place, "format", sentence)
    return text


def _number(value: Any, place: str) -> int:
    if isinstance(value, str) and len(value) <= MAX_DIGITS and value.isascii():
        value = int(value) if value.strip().isdecimal() else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
        raise UnfitError(place, "type", "must be a whole number from 0 to 2^53")
    return value


def _flag(value: Any, place: str) -> bool:
    word = str(value).lower() if isinstance(value, bool | int | str) else ""
    if word not in TRUTHS:
        raise UnfitError(place, "type", "must be true or false")
    return TRUTHS[word]
