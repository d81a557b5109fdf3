"""Customers whose use of an AI service looks like teaching another model from it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import msgspec

from detectors.base import DAY_S, MAX_SIGNAL_IDS, Condition, FindingDraft, Key
from detectors.emission import counted
from detectors.prompts.customers import Customer, crews
from detectors.prompts.habits import Day, Habits, Measures, measures

LLR = 2.0
HELD_DAYS = 7
YOUNG_S = 7 * DAY_S
WATCHED_S = 14 * DAY_S
"""Before the desk has watched so long every model looks new."""
POPULATION_CALLS, MEMBER_CALLS = 20, 5
"""Calls a day from which a customer tells what is usual, and from which it is one of several."""
MAX_CUSTOMERS = 20_000
MAD_TO_SIGMA = 1.4826
NAMES = {
    "markers": "asks for reasoning",
    "topics": "breadth of topics",
    "depth": "follow-up depth",
    "output": "output per prompt token",
    "pivot": "new models",
    "temperature": "temperature",
}
LEAST_SIGMA = Measures(0.05, 0.05, 1.0, 0.5, 0.1, 0.1)
"""Where everybody is alike, this much is still chance."""


class Part(msgspec.Struct, array_like=True):
    """Of one shard. born: models and when they were first seen."""

    customers: list[Customer]
    born: dict[str, float]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls a day, z, how many of the six, customers that make a population, J of a template."""

    calls: int
    z: float
    count: int
    population: int
    j: float


@dataclass(frozen=True, slots=True)
class Unusual:
    """One number of a customer beside those of everybody on the same day."""

    name: str
    value: float
    z: float
    percentile: float
    median: float
    sigma: float
    customers: int


def collect(states: Iterable[tuple[Key, Habits]], today: int) -> Part:
    """What a shard gives to a tick: days of the last week on which somebody called at all often."""
    customers: list[Customer] = []
    born: dict[str, float] = {}
    for key, state in states:
        if key.type == "model":
            born[key.value] = state.first_at
            continue
        days = {
            number: day
            for number, day in state.days.items()
            if number > today - HELD_DAYS and day.calls >= MEMBER_CALLS
        }
        if days:
            ids = {number: [day.first_id] for number, day in days.items()}
            customers.append(Customer(key, state.accounts, days, ids))
    customers.sort(key=lambda one: (-max(day.calls for day in one.days.values()), one.key))
    return Part(customers[:MAX_CUSTOMERS], born, len(customers) > MAX_CUSTOMERS)


def findings(
    customers: Sequence[Customer], born: Mapping[str, float], limits: Limits, *, truncated: bool
) -> Iterator[FindingDraft]:
    """One for each customer and for each template that several share, about the day on which most
    is unusual; the newest of those."""
    found: dict[Key, tuple[tuple[int, int], FindingDraft]] = {}
    ordered = sorted(customers, key=lambda one: one.key)
    judged = [*ordered, *crews(ordered, limits.j)]
    for number in sorted({number for one in ordered for number in one.days}):
        there = [one for one in judged if number in one.days]
        since = min(born.values(), default=math.inf)
        known = born if number * DAY_S - since >= WATCHED_S else {}
        told = [measures(one.days[number], number, known, YOUNG_S) for one in there]
        usual = [
            row for one, row in zip(there, told, strict=True)
            if one.members == 1 and one.days[number].calls >= POPULATION_CALLS
        ]  # fmt: skip
        for one, unusual in zip(there, _unusual(told, usual, limits), strict=True):
            high = [each for each in unusual if each.z >= limits.z]
            if one.days[number].calls < limits.calls or len(high) < limits.count:
                continue
            rank = (len(high), number)
            if one.key not in found or rank > found[one.key][0]:
                draft = _draft(one, number, unusual, limits, truncated=truncated)
                found[one.key] = (rank, draft)
    return (draft for _, draft in found.values())


def _unusual(
    told: Sequence[Measures], usual: Sequence[Measures], limits: Limits
) -> Iterator[list[Unusual]]:
    """For each of `told` the numbers that can be compared: enough of `usual` tell them too."""
    columns = {
        name: sorted(value for one in usual if (value := getattr(one, name)) is not None)
        for name in Measures._fields
    }
    centres = {name: median(values) for name, values in columns.items() if values}
    sigmas = {
        name: max(
            MAD_TO_SIGMA * median(abs(value - centre) for value in columns[name]),
            getattr(LEAST_SIGMA, name),
        )
        for name, centre in centres.items()
    }
    for one in told:
        row = []
        for name, values in columns.items():
            value = getattr(one, name)
            if value is None or len(values) < limits.population:
                continue
            z = (value - centres[name]) / sigmas[name]
            z = abs(z) if name == "temperature" else z
            middle = (bisect_left(values, value) + bisect_right(values, value)) / 2
            share = 100 * middle / len(values)
            row.append(Unusual(name, value, z, share, centres[name], sigmas[name], len(values)))
        yield row


def _draft(
    one: Customer, number: int, unusual: Sequence[Unusual], limits: Limits, *, truncated: bool
) -> FindingDraft:
    day = one.days[number]
    high = sorted((each for each in unusual if each.z >= limits.z), key=lambda each: -each.z)
    named = ", ".join(
        f"{NAMES[each.name]} {each.value:.2f} (usually {each.median:.2f}, z {each.z:.1f})"
        for each in high
    )
    return FindingDraft(
        anchor=one.key,
        subjects=tuple(one.accounts),
        signal_ids=tuple(sorted(one.ids[number])[:MAX_SIGNAL_IDS]),
        llr=LLR,
        score=round(high[limits.count - 1].z, 4),
        sentence=(
            f"{_whose(one)}{counted(day.calls, 'call')} in one day; {len(high)} of "
            f"{len(unusual)} habits far from those of other customers: {named}"
        ),
        first_at=day.first_at,
        last_at=day.last_at,
        values={"calls": day.calls, "customers": one.members, "percentiles": _table(unusual)},
        constants={
            each.name: {"median": each.median, "sigma": each.sigma, "customers": each.customers}
            for each in unusual
        },
        conditions=_conditions(day, high, limits),
        signal_total=day.requests + day.responses,
        flags=("truncated",) if truncated else (),
    )


def _whose(one: Customer) -> str:
    return f"{one.members} customers with one prompt template: " if one.members > 1 else ""


def _table(unusual: Sequence[Unusual]) -> dict[str, Any]:
    return {
        each.name: {
            "value": round(each.value, 4),
            "z": round(each.z, 2),
            "percentile": round(each.percentile, 1),
        }
        for each in unusual
    }


def _conditions(day: Day, high: Sequence[Unusual], limits: Limits) -> tuple[Condition, ...]:
    number = len(high)
    return (
        Condition("calls in one day", day.calls, ">=", limits.calls, "calls", met=True),
        Condition("unusual habits", number, ">=", limits.count, "habits", met=True),
        *(
            Condition(NAMES[each.name], round(each.z, 2), ">=", limits.z, "z", met=True)
            for each in high
        ),
    )
