"""How many accounts a finding needs where other numbers hold for a platform or a source. Pure.

An override never divides a group. What lies wholly in one source or on one platform needs the
number that is set for it; of a group that reaches beyond, each part may reach its own, and all of
it the general one. So an account more never makes that a group is not found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, NamedTuple

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)
from pydantic.fields import FieldInfo

from detectors.base import BaseParams, Condition, FindingDraft, Signal, Tell, nobody

PLATFORM: Final = "platform"
SOURCE: Final = "source"
NAME: Final = "overrides"
MAX_OVERRIDES: Final = 100
MEANING: Final = "Other numbers for single platforms and sources; a source's goes first"
_WORDS: Final = {PLATFORM: "on", SOURCE: "from"}


class Override(BaseModel):
    """Another number for one setting. scope: `platform:` or `source:` with the slug of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Annotated[str, Field(pattern=r"^(platform:[a-z0-9-]{1,40}|source:[a-z0-9_-]{1,60})$")]
    setting: Annotated[str, Field(max_length=60)]
    value: int

    @property
    def where(self) -> str:
        """`on forum`, `from forum-export`."""
        return worded(self.scope)


class ScopedParams(BaseParams):
    """Parameters of a detector some of which can be another number for a platform or a source."""

    overrides: Annotated[
        tuple[Override, ...], Field(max_length=MAX_OVERRIDES, description=MEANING)
    ] = ()

    @field_validator(NAME)
    @classmethod
    def _in_order(cls, value: tuple[Override, ...]) -> tuple[Override, ...]:
        """Checked, and sorted: the same overrides are the same settings, in whatever order."""
        fields = overridable(cls)
        for one in value:
            if one.setting not in fields:
                message = f"{one.setting} cannot be overridden; {', '.join(fields)} can"
                raise ValueError(message)
            low, high = _bounds(fields[one.setting])
            if not low <= one.value <= high:
                message = f"{one.setting} {one.where} must lie between {low:g} and {high:g}"
                raise ValueError(message)
        each = Counter((one.setting, one.where) for one in value)
        if twice := [" ".join(name) for name, number in each.items() if number > 1]:
            message = f"{twice[0]} is set more than once"
            raise ValueError(message)
        return tuple(sorted(value, key=lambda one: (one.setting, one.scope)))

    @model_serializer(mode="wrap")
    def _told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """None are not told, so that settings from before they existed stay the same settings."""
        told: dict[str, Any] = handler(self)
        if not told.get(NAME, True):
            del told[NAME]
        return told

    def least(self, name: str) -> int:
        """The smallest number that is enough anywhere."""
        return min(self._numbers(name))

    def most(self, name: str) -> int:
        """The largest number that is needed anywhere."""
        return max(self._numbers(name))

    def _numbers(self, name: str) -> list[int]:
        others = [one.value for one in self.overrides if one.setting == name]
        return [int(getattr(self, name)), *others]


class Need(NamedTuple):
    """How many accounts count, and how many it takes. where: of which platform or source, as
    `worded` has it; empty for all of them by the general number."""

    number: int
    least: int
    where: str = ""

    @property
    def met(self) -> bool:
        """Whether there are enough."""
        return self.number >= self.least

    def named(self, condition: str) -> str:
        """The name of a condition, with where it was asked."""
        return f"{condition} {self.where}".rstrip()

    def shown(self, draft: FindingDraft, name: str = "accounts") -> FindingDraft:
        """The draft with what it met in place of the condition of that name."""
        told = self.named(name)
        mine = Condition(told, self.number, ">=", self.least, "accounts", self.met)
        conditions = tuple(mine if one.name == name else one for one in draft.conditions)
        return replace(draft, conditions=conditions)


def need_of(
    p: ScopedParams,
    name: str,
    accounts: Collection[str],
    ids: Iterable[int] = (),
    tell: Tell = nobody,
) -> Need:
    """What the accounts of a finding need by setting `name`, as far as they are from meeting it.

    accounts: as `platform:actor`. ids: signals that tell of them. tell: says who sent these.
    """
    general = int(getattr(p, name))
    if not p.overrides:
        return Need(len(accounts), general)
    rows = {one.scope: one.value for one in p.overrides if one.setting == name}
    if not rows or len(accounts) < min(general, *rows.values()):
        return Need(len(accounts), general)
    by_source = any(scope.startswith(SOURCE) for scope in rows)
    needs = _needs(general, rows, accounts, _tellers(tell(ids)) if by_source else {})
    whole = next(needs)
    return whole if whole.met else next((one for one in needs if one.met), whole)


def enough(
    p: ScopedParams, name: str, drafts: Iterable[FindingDraft], tell: Tell, condition: str
) -> Iterator[FindingDraft]:
    """Of what a tick finds with the smallest number, what has as many accounts as it needs.

    condition: the one of the drafts that says so.
    """
    for draft in drafts:
        need = need_of(p, name, draft.subjects, draft.signal_ids, tell)
        if need.met:
            yield need.shown(draft, condition)


def sources_named(params: BaseParams) -> set[str]:
    """Slugs of the sources that overrides name."""
    rows = params.overrides if isinstance(params, ScopedParams) else ()
    split = (one.scope.partition(":") for one in rows)
    return {name for kind, _, name in split if kind == SOURCE}


def overridable(model: type[BaseParams]) -> dict[str, FieldInfo]:
    """Parameters that can be overridden."""
    return {
        name: info
        for name, info in model.tunable().items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("overridable")
    }


def schema_of(model: type[BaseParams]) -> dict[str, Any]:
    """JSON schema of each parameter, none of which refers to another document."""
    schema = model.model_json_schema()
    found: dict[str, Any] = schema["properties"]
    if NAME in found:
        found[NAME] = {**found[NAME], "items": schema["$defs"][Override.__name__]}
    return found


def worded(scope: str) -> str:
    """`on forum`, `from forum-export`."""
    kind, _, name = scope.partition(":")
    return f"{_WORDS.get(kind, kind)} {name}"


def told_among(signals: Iterable[Signal], names: Mapping[int, str]) -> Tell:
    """Who told of whom among these signals. names: slugs of sources."""
    known = {one.id: (one.account, names.get(one.source, "")) for one in signals}
    return lambda ids: [known[id_] for id_ in ids if id_ in known]


def _needs(
    general: int,
    rows: Mapping[str, int],
    accounts: Collection[str],
    tellers: Mapping[str, frozenset[str]],
) -> Iterator[Need]:
    """What all of them need; then what the parts need that lie on a platform or in a source."""
    platforms = Counter(name.partition(":")[0] for name in accounts)
    whole = _alone(accounts, tellers, rows)
    if not whole and len(platforms) == 1:
        (platform,) = platforms
        whole = f"{PLATFORM}:{platform}"
    if whole in rows:
        yield Need(len(accounts), rows[whole], worded(whole))
    else:
        yield Need(len(accounts), general)
    for scope, least in sorted(rows.items()):
        kind, _, name = scope.partition(":")
        if kind == SOURCE:
            part = [one for one in accounts if name in tellers.get(one, ())]
        else:
            part = [one for one in accounts if one.partition(":")[0] == name]
            if _alone(part, tellers, rows):
                continue  # the number of that source holds for them
        yield Need(len(part), least, worded(scope))


def _alone(
    accounts: Collection[str], tellers: Mapping[str, frozenset[str]], rows: Mapping[str, int]
) -> str:
    """The overridden source that alone told of all these accounts; empty without one."""
    told = frozenset[str]().union(*(tellers.get(name, frozenset({""})) for name in accounts))
    scope = f"{SOURCE}:{next(iter(told))}" if len(told) == 1 else ""
    return scope if scope in rows else ""


def _tellers(told: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Account -> the sources that told of it."""
    found: dict[str, set[str]] = {}
    for account, source in told:
        found.setdefault(account, set()).add(source)
    return {account: frozenset(sources) for account, sources in found.items()}


def _bounds(info: FieldInfo) -> tuple[float, float]:
    low = next((one.ge for one in info.metadata if hasattr(one, "ge")), 1)
    high = next((one.le for one in info.metadata if hasattr(one, "le")), float("inf"))
    return float(low), float(high)
