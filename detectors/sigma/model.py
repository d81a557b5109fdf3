"""A rule after it was read: conditions on one signal, and how many of them make a hit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any


class Op(StrEnum):
    """What a check asks of a value."""

    LIKE = "like"
    EQUALS = "equals"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    CIDR = "cidr"
    RE = "re"
    EXISTS = "exists"


class Wild(Enum):
    """Placeholders of a pattern; none equals the letter that it is written with."""

    MANY = "*"
    ONE = "?"


Pattern = tuple[str | Wild, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One condition on one field; it holds where any value of the field meets it.

    wanted: a pattern (LIKE), a number or yes/no (EQUALS and comparisons), a network, a regular
    expression, or for EXISTS whether there must be a value.
    """

    field: str
    op: Op
    wanted: Any
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """Every part must hold."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part must hold."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: Expr


Expr = Check | Every | Some | Not


@dataclass(frozen=True, slots=True)
class Base:
    """One rule about single signals."""

    name: str
    title: str
    expr: Expr


class Count(StrEnum):
    """What a correlation counts."""

    EVENTS = "event_count"
    VALUES = "value_count"
    TEMPORAL = "temporal"
    ORDERED = "temporal_ordered"


@dataclass(frozen=True, slots=True)
class Slot:
    """A base rule in a correlation, with the fields that its signals are grouped and counted by."""

    base: Base
    group_by: tuple[str, ...]
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A whole rule. Signals of the slots are gathered by the values of `group_by`; it hits when
    there are `threshold` of what `count` says within `window_s`.

    plain: written without a correlation; its signals are gathered by account.
    """

    title: str
    slots: tuple[Slot, ...]
    count: Count
    threshold: int
    window_s: int
    group_by: tuple[str, ...]
    counted: str = ""
    level: str = "medium"
    description: str = ""
    falsepositives: tuple[str, ...] = ()
    plain: bool = False


def checks_of(expr: Expr) -> list[Check]:
    """All checks, in the order in which they were written."""
    match expr:
        case Check():
            return [expr]
        case Not(part):
            return checks_of(part)
        case Every(parts) | Some(parts):
            return [check for part in parts for check in checks_of(part)]
