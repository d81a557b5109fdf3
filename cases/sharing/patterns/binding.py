"""Parameters of a pattern: where they stand in its text, and the text with other values."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import rfc8785

from cases.sharing.patterns.wire import BUILTIN, Parameter
from detectors.sigma.dumping import dumped
from detectors.sigma.reading import SigmaFaultError, read_documents

NOWHERE: Final = object()


def documents_of(pattern_type: str, pattern: str) -> list[dict[str, Any]]:
    """The documents that pointers lead into. Raises ValueError, or SigmaFaultError."""
    if pattern_type != BUILTIN:
        return [one.data for one in read_documents(pattern)]
    told = json.loads(pattern)
    return [told if isinstance(told, dict) else {}]


def faults(pattern_type: str, pattern: str, parameters: Mapping[str, Parameter]) -> Iterator[str]:
    """What is wrong with parameters, in sentences."""
    try:
        documents = documents_of(pattern_type, pattern)
    except (ValueError, SigmaFaultError) as error:
        yield f"The pattern cannot be read: {error}"
        return
    for name, one in parameters.items():
        if not one.min <= one.default <= one.max:
            yield f"{name}: its default lies outside its bounds."
        found = at(documents, one.bind)
        if found is NOWHERE or isinstance(found, bool) or not isinstance(found, int | float):
            yield f"{name}: {one.bind} leads to no number of the pattern."
        elif found != one.default:
            yield f"{name}: the pattern says {found}, the default is {one.default}."
        if one.type == "integer" and any(
            not isinstance(value, int) for value in (one.default, one.min, one.max)
        ):
            yield f"{name}: an integer has whole numbers for bounds and default."


def tuned(
    pattern_type: str,
    pattern: str,
    parameters: Mapping[str, Parameter],
    values: Mapping[str, int | float],
) -> str:
    """The pattern with other values; as it came where all are at their default.

    Raises ValueError that names the parameter.
    """
    changed = {}
    for name, value in values.items():
        one = parameters.get(name)
        if one is None:
            message = f"There is no parameter {name}."
            raise ValueError(message)
        if isinstance(value, bool) or not one.min <= value <= one.max:
            message = f"{name} lies between {one.min} and {one.max}."
            raise ValueError(message)
        if one.type == "integer" and value != int(value):
            message = f"{name} is a whole number."
            raise ValueError(message)
        if value != one.default:
            changed[one.bind] = int(value) if one.type == "integer" else value
    if not changed:
        return pattern
    documents = copy.deepcopy(documents_of(pattern_type, pattern))
    for bind, value in changed.items():
        _put(documents, bind, value)
    return rfc8785.dumps(documents[0]).decode() if pattern_type == BUILTIN else dumped(documents)


def at(documents: list[dict[str, Any]], bind: str) -> Any:
    """What a pointer leads to, or NOWHERE."""
    found: Any = documents
    for step in _steps(bind):
        found = _into(found, step)
        if found is NOWHERE:
            break
    return found


def threshold_of(pattern: str) -> dict[str, Parameter]:
    """The number of a rule's correlation as a parameter; nothing where it has none."""
    for place, document in enumerate(documents_of("sigma", pattern)):
        correlation = document.get("correlation")
        condition = correlation.get("condition") if isinstance(correlation, dict) else None
        if not isinstance(condition, dict):
            continue
        for word in ("gte", "gt"):
            value = condition.get(word)
            if isinstance(value, int) and not isinstance(value, bool):
                bind = f"/{place}/correlation/condition/{word}"
                low, high = max(1, value // 2), min(1_000, value * 4)
                return {"threshold": Parameter("integer", value, low, high, bind)}
    return {}


def with_threshold(pattern: str, threshold: int) -> str:
    """The text of a rule that reaches this number, as the setting beside the text has it."""
    found = threshold_of(pattern)
    if not found or not threshold:
        return pattern
    bind = found["threshold"].bind
    value = threshold - 1 if bind.endswith("/gt") else threshold
    if value == found["threshold"].default:
        return pattern
    documents = copy.deepcopy(documents_of("sigma", pattern))
    _put(documents, bind, value)
    return dumped(documents)


def _steps(bind: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in bind.split("/")[1:]]


def _into(found: Any, step: str) -> Any:
    if isinstance(found, dict):
        return found.get(step, NOWHERE)
    if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
        return found[int(step)]
    return NOWHERE


def _put(documents: list[dict[str, Any]], bind: str, value: int | float) -> None:
    *way, last = _steps(bind)
    place: Any = documents
    for step in way:
        place = _into(place, step)
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
