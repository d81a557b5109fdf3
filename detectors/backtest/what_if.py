"""What a moved threshold would keep and lose of stored findings. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final, NamedTuple

from detectors.base import BaseParams

BINS: Final = 24
STEPS: Final = 200
ABUSE, BENIGN, UNDECIDED = "abuse", "benign", "undecided"
OUTCOMES: Final = (ABUSE, BENIGN, UNDECIDED)
UPWARD: Final = frozenset({">=", ">"})
_OPS: Final = UPWARD | {"<=", "<"}
_Name = tuple[str, str, str]
"""Name, operator and unit of a condition."""


class Told(NamedTuple):
    """Conditions of a stored finding, and the parameters of the version that made it."""

    conditions: Sequence[Any]
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One finding by the value that was compared. finding: its id."""

    finding: int
    value: float
    outcome: str = UNDECIDED


@dataclass(frozen=True, slots=True)
class Quantity:
    """One condition of a detector. limit: what it is compared with now. parameter: what sets that,
    empty where no single one is known to. low, high, step: what a slider offers."""

    name: str
    op: str
    unit: str
    limit: float
    parameter: str = ""
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0

    def holds(self, value: float, at: float) -> bool:
        """Whether the condition is met at this threshold."""
        compared = {">=": value >= at, ">": value > at, "<=": value <= at, "<": value < at}
        return compared[self.op]

    def looser(self, at: float) -> bool:
        """Whether a threshold lets through what the one in force does not."""
        return at < self.limit if self.op in UPWARD else at > self.limit


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar: values from `low` up to `high`. left_out: those of `counts` below the threshold."""

    low: float
    high: float
    counts: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All findings in it."""
        return sum(self.counts.values())


def quantities(
    model: type[BaseParams], params: Mapping[str, Any], stored: Collection[Told]
) -> list[Quantity]:
    """Conditions that stored findings met, those with a known parameter first.

    params: what is in force; a finding may be of an earlier version, with other limits.
    """
    values: dict[_Name, list[float]] = {}
    limits: dict[_Name, Counter[float]] = {}
    fits: dict[_Name, set[str]] = {}
    for told in stored:
        for one in told.conditions:
            if not one["met"] or one["op"] not in _OPS:
                continue
            key, limit = (one["name"], one["op"], one["unit"]), float(one["limit"])
            if limit not in limits.setdefault(key, Counter()):
                fits[key] = _fits(model, told.params, one["unit"], limit) & fits.get(
                    key, set(model.model_fields)
                )
            limits[key][limit] += 1
            values.setdefault(key, []).append(float(one["value"]))
    found = []
    for key, seen in values.items():
        parameter = next(iter(fits[key])) if len(fits[key]) == 1 else ""
        limit = float(params[parameter]) if parameter else limits[key].most_common(1)[0][0]
        found.append(_quantity(model, key, seen, limit, parameter))
    return sorted(
        found, key=lambda one: (not one.parameter, -len(values[one.name, one.op, one.unit]))
    )


def points(
    quantity: Quantity, stored: Mapping[int, Sequence[Any]], outcomes: Mapping[int, str]
) -> list[Point]:
    """Finding -> its value of one quantity, for findings that have it."""
    return [
        Point(pk, float(one["value"]), outcomes.get(pk, UNDECIDED))
        for pk, told in stored.items()
        for one in told
        if (one["name"], one["op"], one["unit"]) == (quantity.name, quantity.op, quantity.unit)
    ]


def histogram(found: Collection[Point], quantity: Quantity, at: float) -> list[Bin]:
    """Bars of equal width, a multiple of the step; the last one holds its upper end too."""
    low, step = quantity.low, quantity.step
    width = step * max(1, ceil((quantity.high - low) / step / BINS)) if step > 0 else 0.0
    if width <= 0:
        return []
    size = max(1, ceil((quantity.high - low) / width + 1e-9))
    counts = [Counter[str]() for _ in range(size)]
    left_out = [Counter[str]() for _ in range(size)]
    for one in found:
        if low <= one.value <= quantity.high:
            place = min(size - 1, int((one.value - low) / width + 1e-9))
            counts[place][one.outcome] += 1
            left_out[place][one.outcome] += not quantity.holds(one.value, at)
    return [
        Bin(low + width * n, low + width * (n + 1), _all(counts[n]), _all(left_out[n]))
        for n in range(size)
    ]


def _all(told: Counter[str]) -> dict[str, int]:
    return {name: told[name] for name in OUTCOMES}


def _quantity(
    model: type[BaseParams], key: _Name, seen: Sequence[float], limit: float, parameter: str
) -> Quantity:
    name, op, unit = key
    low, high = min(*seen, limit), max(*seen, limit)
    whole = all(value.is_integer() for value in (*seen, limit))
    step = _step(model, parameter) or (1.0 if whole else (high - low) / STEPS) or 1.0
    room = max(step, step * round((high - low) / 10 / step))
    if op in UPWARD:
        low = _bounded(model, parameter, low - room, least=True) if parameter else low
    else:
        high = _bounded(model, parameter, high + room, least=False) if parameter else high
    return Quantity(name, op, unit, limit, parameter, low, high, step)


def _fits(model: type[BaseParams], params: Mapping[str, Any], unit: str, limit: float) -> set[str]:
    """Parameters that have this unit and this value."""
    return {
        name
        for name, info in model.model_fields.items()
        if isinstance(info.json_schema_extra, dict)
        and info.json_schema_extra.get("unit") == unit
        and isinstance(params.get(name), int | float)
        and not isinstance(params.get(name), bool)
        and float(params[name]) == limit
    }


def _step(model: type[BaseParams], parameter: str) -> float:
    extra = model.model_fields[parameter].json_schema_extra if parameter else None
    step = extra.get("step") if isinstance(extra, dict) else None
    return float(step) if isinstance(step, int | float) else 0.0


def _bounded(model: type[BaseParams], parameter: str, value: float, *, least: bool) -> float:
    """Within what the parameter may be."""
    name, choose = ("ge", max) if least else ("le", min)
    bounds = [
        getattr(one, name) for one in model.model_fields[parameter].metadata if hasattr(one, name)
    ]
    return float(choose(value, *bounds)) if bounds else value
