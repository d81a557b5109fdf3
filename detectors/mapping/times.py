"""Steps that read a time: ISO 8601, seconds since 1970, and formats of strptime with a zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from detectors.adapters.base import UnfitError
from detectors.adapters.kit import moments
from detectors.mapping.base import Step, StepError, as_text

MAX_TIME: Final = 64
MAX_DIGITS: Final = 20
UNITS: Final[Mapping[str, int]] = {
    "epoch-s": moments.SECONDS,
    "epoch-ms": moments.MILLISECONDS,
    "epoch-us": moments.MICROSECONDS,
}
DIRECTIVES: Final = frozenset("YymdbBjHIMSfpzaA%")
"""Of strptime; those left out depend on the machine or say no moment."""

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}", re.ASCII)


def parse(argument: str) -> Step:
    """The step that reads times as the argument says. Raises StepError."""
    form, at, zone_name = (one.strip() for one in argument.partition("@"))
    zone = _zone(zone_name) if at else None
    if form == "iso":
        return lambda value, place: _iso(value, place, zone)
    if form in UNITS and not at:
        return lambda value, place: moments.epoch(_number(value), place, UNITS[form])
    _check_format(form, zone)
    return lambda value, place: _strptime(as_text(value, place), place, form, zone)


def _iso(value: Any, place: str, zone: tzinfo | None) -> str:
    text = as_text(value, place).strip()
    if zone is not None and len(text) <= MAX_TIME:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return moments.parsed(text, place)
        if found.tzinfo is None:
            return moments.written(found.replace(tzinfo=zone), place)
    return moments.parsed(text, place)


def _strptime(text: str, place: str, form: str, zone: tzinfo | None) -> str:
    try:
        if len(text) <= MAX_TIME:
            if zone is None:
                return datetime.strptime(text.strip(), form).astimezone(UTC).isoformat()
            return moments.written(
                datetime.strptime(text.strip(), form).replace(tzinfo=zone), place
            )
    except (ValueError, OverflowError):
        pass
    raise UnfitError(place, "format", f"must be a time like {form}")


def _number(value: Any) -> Any:
    """A number that is written as text counts as one: cells of CSV are text."""
    if not isinstance(value, str) or len(value) > MAX_DIGITS:
        return value
    try:
        return int(value) if value.strip().isdecimal() else float(value)
    except ValueError:
        return value


def _zone(name: str) -> tzinfo:
    if name.upper() in {"UTC", "Z"}:
        return UTC
    if found := _OFFSET.fullmatch(name):
        minutes = int(found[2]) * 60 + int(found[3])
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    message = f"{name!r} is no time zone; write UTC, +02:00 or Europe/Berlin."
    raise StepError(message)


def _check_format(form: str, zone: tzinfo | None) -> None:
    """Each directive at most once, a whole date, and a zone from somewhere."""
    used = re.findall(r"%(.?)", form, re.DOTALL)
    if odd := sorted(set(used) - DIRECTIVES):
        message = f"%{odd[0]} cannot be used in a time; there are {' '.join(sorted(DIRECTIVES))}."
        raise StepError(message)
    if len(set(used) - {"%"}) < len([one for one in used if one != "%"]):
        message = f"The time {form!r} names something twice."
        raise StepError(message)
    dated = {"m", "b", "B"} & set(used) and "d" in used
    if not {"Y", "y"} & set(used) or not (dated or "j" in used):
        message = f"The time {form!r} must say year, month and day."
        raise StepError(message)
    if (zone is None) is ("z" not in used):
        message = f"The time {form!r} must say its zone once: %z in it, or @ Europe/Berlin behind."
        raise StepError(message)
