"""Lines that somebody pastes for the watch list: what each is, and on which terms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from abusedesk.core.errors import InvalidError
from detectors.watching.things import TYPES, Thing, guessed, listed_form

MAX_LINES: Final = 1_000
MIN_DAYS, MAX_DAYS, DAYS = 30, 90, 60
TRUST: Final = 0.5
MAX_SOURCE, MAX_NOTE = 60, 300
GUESS: Final = ""


class Fate(StrEnum):
    """What became of one line."""

    ADDED = "added"
    RENEWED = "renewed"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One value as somebody wrote it. type: empty where the desk is to say what it is."""

    value: str
    type: str = GUESS


@dataclass(frozen=True, slots=True)
class Terms:
    """What a batch of values has in common. days: until they expire."""

    source: str
    trust: float = TRUST
    days: int = DAYS
    note: str = ""


def check(lines: Sequence[Line], terms: Terms) -> None:
    """Raises InvalidError naming the field."""
    if not 0 < len(lines) <= MAX_LINES:
        message = f"Send 1 to {MAX_LINES} values at once."
        raise InvalidError(message, field="values")
    if not 0 < len(terms.source) <= MAX_SOURCE or terms.source != terms.source.strip():
        message = "The source is 1 to 60 characters: who warns of these values?"
        raise InvalidError(message, field="source")
    if len(terms.note) > MAX_NOTE or "\0" in terms.note + terms.source:
        message = "The note is at most 300 characters."
        raise InvalidError(message, field="note")
    if not math.isfinite(terms.trust) or not 0 <= terms.trust <= 1:
        message = "Trust lies between 0 and 1."
        raise InvalidError(message, field="trust")
    if not MIN_DAYS <= terms.days <= MAX_DAYS:
        message = f"An item stays {MIN_DAYS} to {MAX_DAYS} days."
        raise InvalidError(message, field="days")


def read(line: Line) -> Thing | None:
    """Type and canonical value of a line; None when it is no such thing."""
    if "\0" in line.value:
        return None
    if line.type == GUESS:
        return guessed(line.value)
    value = listed_form(line.type, line.value)
    return (line.type, value) if value else None


def no_such(line: Line) -> str:
    """Why a line was not understood."""
    if line.type == GUESS:
        return "Not clear what this is: choose its type."
    known = line.type in TYPES
    return f"This is no {line.type}." if known else f"The type is one of {', '.join(TYPES)}."
