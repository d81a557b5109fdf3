"""What a moved threshold would keep and lose of stored findings. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from detectors.base import BaseParams

BINS: Final = 24
STEPS: Final = 200
ABUSE, BENIGN, UNDECIDED = "abuse", "benign", "undecided"
OUTCOMES: Final = (ABUSE, BENIGN, UNDECIDED)
UPWARD: Final = frozenset({">=", ">"})


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
    model: type[BaseParams], params: Mapping[str, Any], conditions: Sequence[Sequence[Any]]
) -> list[Quantity]:
    """Conditions that stored findings met, most frequent first.

    conditions: those of each finding as they are stored. One without any spread cannot be moved.
    """
    values: dict[tuple[str, str, str], list[float]] = {}
    limits: dict[tuple[str, str, str], Counter[float]] = {}
    for told in conditions:
        for one in told:
            if not one["met"] or one["op"] not in {">=", ">", "<=", "<"}:
                continue
            key = (one["name"], one["op"], one["unit"])
            values.setdefault(key, []).append(float(one["value"]))
            limits.setdefault(key, Counter())[float(one["limit"])] += 1
    found = [
        _quantity(model, params, key, seen, limits[key].most_common(1)[0][0])
        for key, seen in values.items()
    ]
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
    model: type[BaseParams],
    params: Mapping[str, Any],
    key: tuple[str, str, str],
    seen: Sequence[float],
    usual: float,
) -> Quantity:
    name, op, unit = key
    parameter = _parameter(model, params, unit, usual)
    low, high = min(*seen, usual), max(*seen, usual)
    step = _step(model, parameter) or (high - low) / STEPS or 1.0
    room = max(step, (high - low) / 10)
    if op in UPWARD:
        low = _bounded(model, parameter, low - room, least=True) if parameter else low
    else:
        high = _bounded(model, parameter, high + room, least=False) if parameter else high
    return Quantity(name, op, unit, usual, parameter, low, high, step)


def _parameter(model: type[BaseParams], params: Mapping[str, Any], unit: str, limit: float) -> str:
    """The parameter that has this unit and this value, if it is the only one."""
    fits = [
        name
        for name, info in model.model_fields.items()
        if (extra := info.json_schema_extra)
        and isinstance(extra, dict)
        and extra.get("unit") == unit
        and isinstance(params.get(name), int | float)
        and not isinstance(params.get(name), bool)
        and float(params[name]) == limit
    ]
    return fits[0] if len(fits) == 1 else ""


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
