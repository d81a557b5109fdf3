"""A rule as blocks that people fill in who never saw YAML, and the Sigma text that they make.

Text becomes blocks where the blocks make the same rule again; other rules stay text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from detectors.sigma.checking import PRODUCT
from detectors.sigma.dumping import dumped
from detectors.sigma.fields import Shape, field_named
from detectors.sigma.model import Count

MAX_ROWS: Final = 8


class Operator(NamedTuple):
    """One choice between field and value. modifier: of Sigma. negated: the row must not hold.

    takes: value, values (separated by commas), raw (with * and ?) or nothing.
    """

    words: str
    modifier: str = ""
    negated: bool = False
    takes: str = "value"


OPERATORS: Final = {
    "is": Operator("is"),
    "is-not": Operator("is not", negated=True),
    "in": Operator("is one of", takes="values"),
    "not-in": Operator("is none of", negated=True, takes="values"),
    "contains": Operator("contains", "contains"),
    "contains-one": Operator("contains one of", "contains", takes="values"),
    "contains-all": Operator("contains all of", "contains|all", takes="values"),
    "contains-not": Operator("does not contain", "contains", negated=True),
    "begins": Operator("begins with", "startswith"),
    "ends": Operator("ends with", "endswith"),
    "like": Operator("looks like (* and ?)", takes="raw"),
    "gte": Operator("is at least", "gte"),
    "gt": Operator("is more than", "gt"),
    "lte": Operator("is at most", "lte"),
    "lt": Operator("is less than", "lt"),
    "network": Operator("lies in the network", "cidr"),
    "there": Operator("is there", "exists", takes="nothing"),
    "not-there": Operator("is not there", "exists", takes="nothing"),
}
COUNTS: Final = {
    "one": "one such signal is enough",
    Count.EVENTS.value: "many such signals",
    Count.VALUES.value: "many different values",
    Count.ORDERED.value: "first such a signal, then another one",
}
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
JOINS: Final = {"all": "all of these", "any": "one of these"}


class Row(NamedTuple):
    """One condition."""

    field: str = ""
    operator: str = "is"
    value: str = ""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The filled-in form. rows: conditions; then: those of the second step of a sequence."""

    title: str = ""
    level: str = "medium"
    join: str = "all"
    rows: tuple[Row, ...] = ()
    count: str = "one"
    then: tuple[Row, ...] = ()
    counted: str = "account"
    number: int = 5
    span: int = 1
    unit: str = "h"
    group_by: tuple[str, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict)
    """What the blocks do not show and the text keeps, such as id, description, false positives."""


def text_of(blocks: Blocks) -> str:
    """The Sigma text. It may have faults, where the blocks do."""
    first = _base(blocks, "first", blocks.rows, blocks.title)
    if blocks.count == "one":
        return dumped([first | blocks.notes])
    documents = [first]
    names = ["first"]
    if blocks.count == Count.ORDERED:
        documents.append(_base(replace(blocks, join="all"), "second", blocks.then, blocks.title))
        names.append("second")
    condition: dict[str, Any] = {"gte": blocks.number}
    if blocks.count == Count.VALUES:
        condition = {"field": blocks.counted, **condition}
    if blocks.count == Count.ORDERED:
        condition = {"gte": len(names)}
    told: dict[str, Any] = {"type": blocks.count, "rules": names}
    if blocks.group_by:
        told["group-by"] = list(blocks.group_by)
    told |= {"timespan": f"{blocks.span}{blocks.unit}", "condition": condition}
    whole = {"title": blocks.title, "level": blocks.level, "correlation": told}
    return dumped([*documents, whole | blocks.notes])


def _base(blocks: Blocks, name: str, rows: Sequence[Row], title: str) -> dict[str, Any]:
    return {
        "title": title,
        "name": name,
        "level": blocks.level,
        "logsource": {"product": PRODUCT},
        "detection": _detection(rows, blocks.join),
    }


def _detection(rows: Sequence[Row], join: str) -> dict[str, Any]:
    """All: fields side by side in one selection, what must not hold beside it. Any: one each."""
    found: dict[str, Any] = {}
    words: list[str] = []
    for row in rows:
        operator = OPERATORS.get(row.operator, OPERATORS["is"])
        if not row.field or not (row.value.strip() or operator.takes == "nothing"):
            continue  # not filled in yet
        key = f"{row.field}|{operator.modifier}" if operator.modifier else row.field
        stem = "filter" if operator.negated else "selection" if join == "all" else "any"
        name = _name_for(found, stem, key, alone=operator.negated or join != "all")
        if name not in found:
            found[name] = {}
            words.append(f"not {name}" if operator.negated else name)
        found[name][key] = _value(row, operator)
    joint = " and " if join == "all" else " or "
    return found | {"condition": joint.join(words)}


def _name_for(found: dict[str, Any], stem: str, key: str, *, alone: bool) -> str:
    """The first selection of that stem that has room for a key."""
    for number in range(1, 2 * MAX_ROWS):
        name = stem if number == 1 else f"{stem}_{number}"
        if name not in found or (not alone and key not in found[name]):
            return name
    return stem


def _value(row: Row, operator: Operator) -> Any:
    if operator.takes == "nothing":
        return row.operator == "there"
    if operator.takes == "values":
        words = [one.strip() for one in row.value.split(",")]
        return [_typed(row.field, one, operator) for one in words if one]
    return _typed(row.field, row.value.strip(), operator)


def _typed(name: str, value: str, operator: Operator) -> Any:
    """A number for what is compared with numbers; a text with its stars meant as they stand."""
    found = field_named(name)
    shape = found.shape if found else Shape.TEXT
    if shape is Shape.FLAG and value.lower() in {"true", "yes", "false", "no"}:
        return value.lower() in {"true", "yes"}
    if shape is Shape.NUMBER or operator.modifier in {"gte", "gt", "lte", "lt"}:
        return _number(value)
    if shape is Shape.ANY and not operator.modifier:
        return _number(value)
    return value if operator.takes == "raw" or operator.modifier == "cidr" else escaped(value)


def _number(value: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def escaped(value: str) -> str:
    """A text whose `*`, `?` and backslashes Sigma takes as they stand."""
    found = value.replace("\\", "\\\\")
    return found.replace("*", "\\*").replace("?", "\\?")
