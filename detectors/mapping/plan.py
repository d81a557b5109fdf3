"""What a mapping says, ready to run; what is wrong with it is named by its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from detectors.mapping import paths, steps
from detectors.mapping.base import Step, StepError, as_text
from detectors.mapping.paths import ALL, Path, PathError
from detectors.mapping.spec import CSV, Source, Spec
from detectors.mapping.targets import Takes, Target, target

MAX_FIELDS: Final = 100
MAX_PATHS: Final = 8
MAX_STEPS: Final = 8
MAX_TABLE: Final = 200
MAX_WORD: Final = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is filled.

    stages: functions over the list of found (place, value). gathers: it reads all that its paths
    find, not just the first; joins: into one text; keeps: what it reads also stays in the
    attributes.
    """

    target: Target
    paths: tuple[Path, ...]
    const: str
    stages: tuple[Stage, ...]
    table: Mapping[str, str]
    gathers: bool
    joins: bool
    keeps: bool


@dataclass(slots=True)
class Plan:
    """A mapping ready to run; `faults` says what of it is wrong, by place in the spec."""

    name: str
    spec: Spec
    items: Path
    rules: list[Rule] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


Found = tuple[str, Any]
"""A value and the place that a refusal names."""
Stage = Callable[[list[Found]], list[Found]]


def plan_of(spec: Spec, name: str) -> Plan:
    """What to do; rules that are wrong are left out and named in `faults`.

    name: what nobody read is kept under it in the attributes.
    """
    plan = Plan(name, spec, Path(()))
    plan.items = _tried(plan, "items", lambda: _items(spec)) or Path(())
    if len(spec.fields) > MAX_FIELDS:
        plan.faults["fields"] = f"A mapping has at most {MAX_FIELDS} fields."
        return plan
    for named, source in spec.fields.items():
        if rule := _rule(plan, named, source):
            plan.rules.append(rule)
    if f"attributes.{name}" in spec.fields:
        plan.faults[f"fields.attributes.{name}"] = "This is where everything that is left goes."
    return plan


def _items(spec: Spec) -> Path:
    """A list at the top is taken apart before, so `$[*]` is what is done anyway."""
    path = paths.parse(spec.items)
    if spec.format == CSV and path.parts:
        message = "of CSV are its rows; leave it at $"
        raise PathError(message)
    if path.parts and path.parts[0] is ALL:
        return Path(path.parts[1:])
    if path.parts and isinstance(path.parts[0], int):
        message = "begins with an index; write $[*] for each element of a list"
        raise PathError(message)
    return path


def _rule(plan: Plan, named: str, source: Source) -> Rule | None:
    """The rule of one field; None when it is wrong or says nothing."""
    place, before = f"fields.{named}", len(plan.faults)
    found = target(named)
    if isinstance(found, str):
        plan.faults[place] = found
        return None
    where = _tried(plan, f"{place}.path", lambda: _paths(source)) or []
    stages = _tried(plan, f"{place}.steps", lambda: _stages(source, found)) or []
    if problem := _table_problem(source.table):
        plan.faults[f"{place}.table"] = problem
    if len(source.const) > MAX_WORD:
        plan.faults[f"{place}.const"] = f"A constant has at most {MAX_WORD} characters."
    if len(plan.faults) > before or not (where or source.const):
        return None
    kinds = set(map(_kind, source.steps))
    return Rule(
        target=found,
        paths=tuple(where),
        const=source.const,
        stages=tuple(stages),
        table=source.table,
        gathers=steps.JOIN in kinds or found.takes is Takes.MANY,
        joins=steps.JOIN in kinds,
        keeps=steps.DIGEST in kinds,
    )


def _tried(plan: Plan, place: str, make: Callable[[], T]) -> T | None:
    try:
        return make()
    except PathError as error:
        plan.faults[place] = f"The path {error}."
    except StepError as error:
        plan.faults[place] = str(error)
    return None


def _paths(source: Source) -> list[Path]:
    found = paths.parse_many(source.path)
    if len(found) > MAX_PATHS:
        message = f"names more than {MAX_PATHS} places"
        raise PathError(message)
    return found


def _stages(source: Source, goal: Target) -> list[Stage]:
    if len(source.steps) > MAX_STEPS:
        message = f"A field has at most {MAX_STEPS} steps."
        raise StepError(message)
    stages = [_stage(one) for one in source.steps]
    lists = [kind for kind in map(_kind, source.steps) if kind in {steps.SPLIT, steps.JOIN}]
    if lists[-1:] == [steps.SPLIT] and goal.takes is not Takes.MANY:
        message = f"{goal.field} takes one value, and split gives several; add a join after it."
        raise StepError(message)
    return stages


def _kind(step: str) -> str:
    return step.partition(":")[0]


def _stage(text: str) -> Stage:
    if _kind(text) == steps.SPLIT:
        return _split(steps.separator(text))
    if _kind(text) == steps.JOIN:
        return _join(steps.separator(text))
    return _each(steps.parse(text))


def _each(step: Step) -> Stage:
    return lambda found: [(place, step(value, place)) for place, value in found]


def _split(separator: str) -> Stage:
    def stage(found: list[Found]) -> list[Found]:
        return [
            (place, piece.strip())
            for place, value in found
            for piece in as_text(value, place).split(separator, steps.MAX_PIECES)
            if piece.strip()
        ]

    return stage


def _join(separator: str) -> Stage:
    def stage(found: list[Found]) -> list[Found]:
        texts = [as_text(value, place) for place, value in found]
        return [(found[0][0], separator.join(texts))] if found else []

    return stage


def _table_problem(table: Mapping[str, str]) -> str:
    if len(table) > MAX_TABLE:
        return f"A table has at most {MAX_TABLE} lines."
    for word in (*table, *table.values()):
        if len(word) > MAX_WORD or "\n" in word or word != word.strip():
            return f"{word[:40]!r} is not one short line without white space around it."
    return ""
