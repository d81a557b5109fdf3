"""Foreign times as RFC 3339 in UTC. Nothing is guessed: a time without offset is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.record import Record

SECONDS: Final = 1
MILLISECONDS: Final = 1_000
MICROSECONDS: Final = 1_000_000
MAX_LENGTH: Final = 64
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("UT", "GMT", "UTC", "Z"), 0),
    **{f"{zone}DT": 1 - hours for zone, hours in (("E", 5), ("C", 6), ("M", 7), ("P", 8))},
    **{f"{zone}ST": -hours for zone, hours in (("E", 5), ("C", 6), ("M", 7), ("P", 8))},
}
"""Names that RFC 5322 knows (and UTC, which many write), in hours."""
FULL_YEAR: Final = 1_000
PIVOT: Final = 50  # RFC 5322, 4.3: years of two digits from 00 to 49 are after 2000

_MAIL = re.compile(
    r"\s*(?:[A-Za-z]{3,9}\s*,\s*)?(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{4}|\d{2})"
    r"\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4}|[A-Za-z]{1,5})",
    re.ASCII,
)
_UNDATED = "is missing, and without it nothing says when this happened; a time is never guessed"


def moment(record: Record, *names: str) -> str:
    """The first of these fields that is there, as a moment. Raises UnfitError without one."""
    name = next((one for one in names if one in record), "")
    if not name:
        raise UnfitError(record.at(names[0]), "required", _UNDATED)
    return parsed(record.take(name), record.at(name))


def optional(record: Record, *names: str) -> str:
    """As `moment`, but empty where there is none; one that is wrong stays in the rest."""
    for name in names:
        value = record.data.get(name)
        if isinstance(value, str) and (found := _iso(value)) and found.tzinfo:
            record.drop(name)
            return written(found, record.at(name))
    return ""


def parsed(value: Any, place: str) -> str:
    """An ISO 8601 text with offset. Raises UnfitError for anything else."""
    found = _iso(value) if isinstance(value, str) else None
    if found is None:
        sentence = "must be a date and time, as in 2026-01-31T12:00:00Z"
        raise UnfitError(place, "format", sentence)
    if found.tzinfo is None:
        raise UnfitError(place, "offset", "must say its offset from UTC, as in 12:00:00Z")
    return written(found, place)


def epoch(value: Any, place: str, unit: int = SECONDS) -> str:
    """A number of `unit`s since 1970. Raises UnfitError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitError(place, "type", "must be a number that counts from 1970")
    try:
        since = timedelta(microseconds=value * MICROSECONDS // unit)
        return (EPOCH + since).isoformat()
    except (OverflowError, ValueError):
        raise UnfitError(place, "range", "is no time that a calendar has") from None


def mail_date(text: str) -> str:
    """A date of RFC 5322, its old forms too; empty for anything else.

    Unknown zone names count as +0000, as RFC 5322 (4.3) asks.
    """
    found = _MAIL.match(text[:MAX_LENGTH])
    if found is None or found[2].lower() not in MONTHS:
        return ""
    day, month = int(found[1]), MONTHS.index(found[2].lower()) + 1
    second = min(int(found[6] or 0), 59)  # a leap second is the one before it
    try:
        when = datetime(
            _full_year(int(found[3])),
            month,
            day,
            int(found[4]),
            int(found[5]),
            second,
            tzinfo=_zone(found[7]),
        )
        return when.astimezone(UTC).isoformat()
    except (OverflowError, ValueError):
        return ""


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip()) if len(text) <= MAX_LENGTH else None
    except ValueError:
        return None


def written(when: datetime, place: str) -> str:
    """In UTC, as the contract writes it. Raises UnfitError."""
    try:
        return when.astimezone(UTC).isoformat()
    except (OverflowError, ValueError):
        raise UnfitError(place, "range", "is no time that a calendar has") from None


def _full_year(year: int) -> int:
    if year >= FULL_YEAR:
        return year
    return year + (2_000 if year < PIVOT else 1_900)


def _zone(text: str) -> timezone:
    if text[0] in "+-":
        minutes = int(text[1:3]) * 60 + int(text[3:])
        return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
    return timezone(timedelta(hours=ZONES.get(text.upper(), 0)))
