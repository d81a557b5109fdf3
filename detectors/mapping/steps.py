"""The named steps that turn a found value into what a field takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from detectors.adapters.base import UnfitError
from detectors.adapters.kit import moments
from detectors.adapters.kit.bounds import clean, digest
from detectors.adapters.kit.draft import slug

MAX_ARGUMENT: Final = 100
MAX_PIECES: Final = 200
MAX_TIME: Final = 64
MAX_DIGITS: Final = 20
SEPARATORS: Final[Mapping[str, str]] = {
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "lines": "\n",
    "paragraphs": "\n\n",
}
UNITS: Final[Mapping[str, int]] = {
    "epoch-s": moments.SECONDS,
    "epoch-ms": moments.MILLISECONDS,
    "epoch-us": moments.MICROSECONDS,
}
DIRECTIVES: Final = frozenset("YymdbBjHIMSfpzaA%")
"""Of strptime; those left out depend on the machine or say no moment."""
JOIN: Final = "join"
SPLIT: Final = "split"
DIGEST: Final = "digest"
STEPS: Final[Mapping[str, str]] = {
    "lower": "in lower case",
    "upper": "in upper case",
    "strip": "without white space around it",
    "slug": "lower case letters, digits and hyphens, as a platform needs them",
    DIGEST: "SHA-256 of the value, which may be an object; what it reads stays in the attributes",
    "prefix:<text>": "with the text in front, unless it stands there",
    "split:<separator>": f"a list; the separator is one of {', '.join(SEPARATORS)}",
    "join:<separator>": "all values that the paths find as one text",
    "time:iso": "ISO 8601 with offset; time:iso @ Europe/Berlin for one without",
    "time:epoch-s": "seconds since 1970; also time:epoch-ms and time:epoch-us",
    "time:<format> @ <zone>": "strptime, as in time:%d.%m.%Y %H:%M @ Europe/Berlin",
}
"""How a step is written, and what it gives."""

Step = Callable[[Any, str], Any]
"""From a value and its place to another. Raises UnfitError."""

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}", re.ASCII)


class StepError(ValueError):
    """There is no such step; the message is a sentence."""


def parse(text: str) -> Step:
    """The step of that name, except `split` and `join`, which work on lists. Raises StepError."""
    name, colon, argument = text.partition(":")
    if len(text) > MAX_ARGUMENT or ";" in text:
        message = f"{text[:MAX_ARGUMENT]!r} is too long or holds a semicolon."
        raise StepError(message)
    if colon and name in WITH_ARGUMENT and argument.strip():
        return WITH_ARGUMENT[name](argument)
    if not colon and name in PLAIN:
        return PLAIN[name]
    message = f"There is no step {text!r}; there are {', '.join(STEPS)}."
    raise StepError(message)


def separator(text: str) -> str:
    """What stands between pieces, by its name after `split:` or `join:`. Raises StepError."""
    name = text.partition(":")[2]
    if name not in SEPARATORS:
        message = f"{text!r} names no separator; there are {', '.join(SEPARATORS)}."
        raise StepError(message)
    return SEPARATORS[name]


def as_text(value: Any, place: str) -> str:
    """Text, the digits of a number, true or false. Raises UnfitError for anything else."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    kind = "a list" if isinstance(value, list) else "an object"
    raise UnfitError(place, "type", f"must be text, not {kind}")


def _prefix(argument: str) -> Step:
    def put(value: Any, place: str) -> str:
        text = as_text(value, place)
        return text if text.startswith(argument) else f"{argument}{text}"

    return put


def _time(argument: str) -> Step:
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
            return _written(found.replace(tzinfo=zone), place)
    return moments.parsed(text, place)


def _strptime(text: str, place: str, form: str, zone: tzinfo | None) -> str:
    try:
        if len(text) <= MAX_TIME:
            if zone is None:
                return datetime.strptime(text.strip(), form).astimezone(UTC).isoformat()
            return _written(datetime.strptime(text.strip(), form).replace(tzinfo=zone), place)
    except (ValueError, OverflowError):
        pass
    raise UnfitError(place, "format", f"must be a time like {form}")


def _written(moment: datetime, place: str) -> str:
    try:
        return moment.astimezone(UTC).isoformat()
    except (OverflowError, ValueError):
        raise UnfitError(place, "range", "is no time that a calendar has") from None


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


PLAIN: Final[Mapping[str, Step]] = {
    "lower": lambda value, place: as_text(value, place).lower(),
    "upper": lambda value, place: as_text(value, place).upper(),
    "strip": lambda value, place: as_text(value, place).strip(),
    "slug": lambda value, place: slug(as_text(value, place)),
    DIGEST: lambda value, place: digest(value),
}
WITH_ARGUMENT: Final[Mapping[str, Callable[[str], Step]]] = {
    "prefix": _prefix,
    "time": _time,
}
