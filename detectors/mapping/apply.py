"""Turns one item into a signal by a plan, and keeps what no field read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.bounds import clean, digest
from detectors.adapters.kit.draft import Draft
from detectors.mapping.paths import MAX_FOUND, Place, written
from detectors.mapping.plan import Found, Plan, Rule
from detectors.mapping.targets import FIXED
from detectors.mapping.values import formed, looked_up
from detectors.schema import Kind

AROUND: Final = "$"
CONSTANT: Final = "the constant"
REQUIRED: Final = tuple(one.field for one in FIXED.values() if one.required)


class Problem(NamedTuple):
    """Why no signal could be made. field: of the contract; place: in the item."""

    field: str
    place: str
    code: str
    sentence: str


@dataclass(slots=True)
class Mapped:
    """One item on its way: values by field, places that were read, what went wrong."""

    item: Mapping[str, Any]
    root: str
    """Where the item stands, as the beginning of every place: `line 3 $`, `$.data[7]`."""
    values: dict[str, list[Any]] = field(default_factory=dict)
    read: set[Place] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def at(self, place: Place) -> str:
        """A place inside the item, as people read it."""
        return self.root + written(place)[1:]


def mapped(plan: Plan, item: Mapping[str, Any], root: str = "$") -> Mapped:
    """Every field of the item that the plan fills, and every problem."""
    done = Mapped(item, root)
    for rule in plan.rules:
        try:
            if values := _values(rule, done):
                done.values[rule.target.field] = values
        except UnfitError as error:
            done.problems.append(
                Problem(rule.target.field, error.place, error.code, error.sentence)
            )
    named = {one.field for one in done.problems}
    for name in REQUIRED:
        if name not in done.values and name not in named:
            done.problems.append(_missing(plan, name, done))
    return done


def draft(plan: Plan, done: Mapped, around: Any = None) -> Draft:
    """The signal of an item without problems.

    around: what stands beside the items of a document; it is kept with this one.
    """
    one = {name: values[0] for name, values in done.values.items()}
    made = Draft(
        kind=Kind(one["kind"]),
        platform=one["platform"],
        external_id=one.get("external_id") or digest(done.item),
        at=one["occurred_at"],
        actor=one.get("actor", ""),
        text=one.get("text", ""),
        spill=True,
    )
    for name, values in done.values.items():
        _put(made, name, values)
    rest = unread(done.item, done.read)
    if around:
        key = AROUND
        while key in rest:
            key += AROUND
        rest[key] = around
    if rest:
        made.keep(plan.name, rest)
    return made


def unread(item: Mapping[str, Any], read: set[Place]) -> dict[str, Any]:
    """The item without what was read, and without what is empty."""
    tree: dict[str | int, Any] = {}
    for place in sorted(read, key=len, reverse=True):
        node = tree
        for part in place[:-1]:
            node = node.setdefault(part, {})
        if place:
            node[place[-1]] = None
    if () in read:
        return {}
    rest = _rest(item, tree)
    return rest if isinstance(rest, dict) else {}


def _rest(node: Any, tree: Mapping[str | int, Any] | None) -> Any:
    """`node` without the places of `tree`, whose leaves are None. None: nothing is left."""
    if tree is None:
        return None
    if isinstance(node, dict):
        kept = {
            name: left
            for name, value in node.items()
            if (left := _rest(value, tree[name]) if name in tree else value)
            not in (None, "", [], {})
        }
        return kept or None
    kept_list = [
        left
        for index, value in enumerate(node)
        if (left := _rest(value, tree[index]) if index in tree else value) is not None
    ]
    return kept_list or None


def _values(rule: Rule, done: Mapped) -> list[Any]:
    """Values of one field in the form that it takes; the places they come from are read."""
    sources = _sources(rule, done)
    found: list[Found] = [(place, value) for place, (_, value) in sources.items()]
    for stage in rule.stages:
        found = stage(found)
    if rule.table:
        found = [(place, looked_up(rule.table, value, place)) for place, value in found]
    if not found and rule.const:
        found = [(CONSTANT, rule.const)]
    values = [(place, formed(rule.target, value, place)) for place, value in found]
    kept = {place: None for place, value in values if not _is_empty(value)}
    if not rule.keeps:
        done.read |= {
            sources[one][0] for one in (sources if rule.joins else kept) if one in sources
        }
    return [value for _, value in values if not _is_empty(value)]


def _sources(rule: Rule, done: Mapped) -> dict[str, tuple[Place, Any]]:
    """What the paths lead to, by its place in words; empty values count as absent."""
    found: dict[str, tuple[Place, Any]] = {}
    for path in rule.paths:
        places = _flat(path.find(done.item), rule)
        some = [(place, value) for place, value in places if not _is_empty(value)]
        for place, value in some if rule.gathers else some[:1]:
            found[done.at(place)] = (place, value)
        if found and not rule.gathers:
            break
    return found


def _flat(found: list[tuple[Place, Any]], rule: Rule) -> list[tuple[Place, Any]]:
    """Where several are wanted, `$.tags` is as good as `$.tags[*]`."""
    if not rule.gathers or rule.keeps:
        return found
    flat: list[tuple[Place, Any]] = []
    for place, value in found:
        if isinstance(value, list):
            flat += [((*place, index), one) for index, one in enumerate(value[:MAX_FOUND])]
        else:
            flat.append((place, value))
    return flat[:MAX_FOUND]


def _is_empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _missing(plan: Plan, name: str, done: Mapped) -> Problem:
    rule = next((one for one in plan.rules if one.target.field == name), None)
    if rule is None:
        return Problem(name, done.root, "required", f"gives no {name}, which is required")
    where = ", ".join(done.root + written(path.parts)[1:] for path in rule.paths)
    return Problem(name, where or done.root, "required", f"holds nothing, and {name} is required")


def _put(made: Draft, name: str, values: list[Any]) -> None:
    """Values of a field into the draft; those of its head stand there already."""
    group, _, inner = name.partition(".")
    if group == "actor_profile":
        made.profile[inner] = values[0]
    elif group == "ai":
        made.ai[inner] = values[0]
    elif group == "attributes":
        made.attributes[clean(inner)] = values[0]
    elif group == "identifiers":
        made.identify(inner, *values)
    elif group == "objects":
        _speak(made, inner, values)
    elif name == "urls":
        made.link(*values)


def _speak(made: Draft, type: str, values: list[str]) -> None:
    for value in values:
        if type:
            made.about(type, value.removeprefix(f"{type}:"))
        else:
            kind, _, rest = value.partition(":")
            made.about(kind, rest)
