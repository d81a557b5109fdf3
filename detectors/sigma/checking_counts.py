"""What is wrong with the correlation of a rule, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from detectors.sigma.fields import field_named
from detectors.sigma.model import Count
from detectors.sigma.reading import Document, Fault

MAX_RULES: Final = 5
MAX_GROUPS: Final = 3
MAX_THRESHOLD: Final = 1_000
MAX_WINDOW_S: Final = 30 * 86_400
UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
KNOWN: Final = frozenset({"type", "rules", "group-by", "timespan", "condition", "aliases"})
OPERATORS: Final = ("gte", "gt")
ORDER: Final = (Count.TEMPORAL, Count.ORDERED)

Faults = Iterator[Fault]


def check_correlation(document: Document, bases: Sequence[Document]) -> Faults:
    """Faults of the correlation, and of rules that it leaves alone."""
    told = document.data["correlation"]
    if not isinstance(told, dict):
        yield Fault(document.line("correlation"), "correlation", "Its parts are missing.")
        return
    for key in told.keys() - KNOWN:
        line = document.line("correlation", key)
        yield Fault(line, key, "This is not supported here.")
    if told.get("type") not in list(Count):
        line = document.line("correlation", "type")
        yield Fault(line, "type", f"Use one of {', '.join(Count)}.")
        return
    yield from _check_rules(document, told, bases)
    yield from _check_groups(document, told)
    yield from _check_timespan(document, told.get("timespan"))
    yield from _check_condition(document, told)


def seconds_of(timespan: Any) -> int | None:
    """`10m` in seconds; None for what is no timespan."""
    found = re.fullmatch(r"([0-9]{1,9})([smhdw])", timespan) if isinstance(timespan, str) else None
    return int(found[1]) * UNITS[found[2]] if found else None


def names_of(told: Any) -> list[Any]:
    """A value or a list of values, as a list."""
    return told if isinstance(told, list) else [] if told is None else [told]


def _check_rules(document: Document, told: dict[str, Any], bases: Sequence[Document]) -> Faults:
    line = document.line("correlation", "rules")
    named = names_of(told.get("rules"))
    known = [_names_of_base(base) for base in bases]
    for base, names in zip(bases, known, strict=True):
        if not names:
            message = "A rule in a correlation needs a name, such as `name: posts`."
            yield Fault(base.line("title"), "name", message)
        elif names.isdisjoint(one for one in named if isinstance(one, str)):
            yield Fault(base.line("name"), "name", "The correlation does not use this rule.")
    texts = [name for names in known for name in names]
    if len(set(texts)) < len(texts):
        yield Fault(line, "rules", "Two rules have the same name.")
    for one in named:
        if one not in texts:
            yield Fault(line, "rules", f"There is no rule called {str(one)[:60]}.")
    least = 2 if told["type"] in ORDER else 1
    if not least <= len(named) <= MAX_RULES or len(set(map(str, named))) < len(named):
        message = f"Name {least} to {MAX_RULES} rules, each once."
        yield Fault(line, "rules", message)


def _names_of_base(base: Document) -> set[str]:
    """What a correlation may call a rule."""
    told = (base.data.get("name"), base.data.get("id"))
    return {one for one in told if isinstance(one, str)}


def _aliases_of(told: dict[str, Any]) -> dict[str, Any]:
    found = told.get("aliases")
    return found if isinstance(found, dict) else {}


def _check_groups(document: Document, told: dict[str, Any]) -> Faults:
    line = document.line("correlation", "group-by")
    groups, aliases = names_of(told.get("group-by")), _aliases_of(told)
    if len(groups) > MAX_GROUPS or len(set(map(str, groups))) < len(groups):
        yield Fault(line, "group-by", f"Group by at most {MAX_GROUPS} fields, each once.")
    for one in groups:
        if not isinstance(one, str) or (field_named(one) is None and one not in aliases):
            yield Fault(line, "group-by", f"There is no field called {str(one)[:60]}.")
    at = document.line("correlation", "aliases")
    if not isinstance(told.get("aliases") or {}, dict):
        yield Fault(at, "aliases", "Write names, each with a field for each rule.")
        return
    for name, mapping in aliases.items():
        if not isinstance(mapping, dict):
            yield Fault(at, name, "Write a field for each rule.")
            continue
        for rule, field in mapping.items():
            if not isinstance(field, str) or field_named(field) is None:
                message = f"There is no field called {str(field)[:60]}."
                yield Fault(document.line("correlation", "aliases", name, rule), rule, message)
        missing = set(map(str, names_of(told.get("rules")))) - mapping.keys()
        if missing and field_named(name) is None:
            yield Fault(at, name, f"A field is missing for {', '.join(sorted(missing))}.")


def _check_timespan(document: Document, timespan: Any) -> Faults:
    seconds = seconds_of(timespan)
    if seconds is None or not 1 <= seconds <= MAX_WINDOW_S:
        line = document.line("correlation", "timespan")
        message = "Write a time such as 30s, 10m, 2h or 7d, at most 30d."
        yield Fault(line, "timespan", message)


def _check_condition(document: Document, told: dict[str, Any]) -> Faults:
    condition, line = told.get("condition"), document.line("correlation", "condition")
    is_order = told["type"] in ORDER
    if condition is None and is_order:
        return
    if not isinstance(condition, dict):
        yield Fault(line, "condition", "Write a number to reach, such as `gte: 5`.")
        return
    yield from _check_number(document, condition)
    if unknown := condition.keys() - {*OPERATORS, "field"}:
        yield Fault(line, "condition", f"{min(unknown)} is not supported here; use gte or gt.")
    if is_order:
        yield from _check_order(told, condition, line)
    field = condition.get("field")
    if told["type"] == Count.VALUES:
        known = isinstance(field, str) and (
            field_named(field) is not None or field in _aliases_of(told)
        )
        if not known:
            message = "value_count needs the field whose different values it counts."
            yield Fault(document.line("correlation", "condition", "field"), "field", message)
    elif field is not None:
        yield Fault(line, "field", "Only value_count takes a field.")


def _check_number(document: Document, condition: dict[str, Any]) -> Faults:
    found = [(name, condition[name]) for name in OPERATORS if name in condition]
    line = document.line("correlation", "condition")
    if len(found) != 1:
        yield Fault(line, "condition", "Write one number to reach, such as `gte: 5`.")
        return
    name, number = found[0]
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MAX_THRESHOLD:
        message = f"Write a whole number from 1 to {MAX_THRESHOLD:,}."
        yield Fault(document.line("correlation", "condition", name), name, message)


def _check_order(told: dict[str, Any], condition: dict[str, Any], line: int) -> Faults:
    rules = len(names_of(told.get("rules")))
    wanted = condition.get("gte", condition.get("gt"))
    if not isinstance(wanted, int):
        return
    wanted += "gt" in condition
    if wanted > rules:
        yield Fault(line, "condition", f"There are only {rules} rules to be met.")
    elif wanted < rules and told["type"] == Count.ORDERED:
        yield Fault(line, "condition", "temporal_ordered needs all its rules here.")
