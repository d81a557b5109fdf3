"""The named steps that turn a found value into what a field takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.draft import slug
from detectors.mapping import times
from detectors.mapping.base import Step, StepError, as_text

MAX_ARGUMENT: Final = 100
MAX_PIECES: Final = 200
SEPARATORS: Final[Mapping[str, str]] = {
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "lines": "\n",
    "paragraphs": "\n\n",
}
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


def _prefix(argument: str) -> Step:
    def put(value: Any, place: str) -> str:
        text = as_text(value, place)
        return text if text.startswith(argument) else f"{argument}{text}"

    return put


PLAIN: Final[Mapping[str, Step]] = {
    "lower": lambda value, place: as_text(value, place).lower(),
    "upper": lambda value, place: as_text(value, place).upper(),
    "strip": lambda value, place: as_text(value, place).strip(),
    "slug": lambda value, place: slug(as_text(value, place)),
    DIGEST: lambda value, place: digest(value),
}
WITH_ARGUMENT: Final[Mapping[str, Callable[[str], Step]]] = {
    "prefix": _prefix,
    "time": times.parse,
}
