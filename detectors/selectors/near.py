"""What almost became a finding about an entity or a signal: which condition, what is missing.

Rules that people wrote are counted exactly, by SQL over everything that is stored. Detectors of
code are run again over the signals around the entity with a lower number in one condition; those
whose findings rest on a whole population cannot be asked so, and are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Final, NamedTuple

from django.conf import settings

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from detectors import registry, stream
from detectors.base import BaseParams, Family, FindingDraft, Key, Signal
from detectors.choices import Mode
from detectors.engine import run_all
from detectors.models import DetectorConfig, Entity
from detectors.models import Signal as Stored
from detectors.overrides import NAME as OVERRIDES
from detectors.overrides import ScopedParams, need_of
from detectors.policy import allowed
from detectors.selectors.config import configs_for
from detectors.selectors.entity import links_of, recent_of
from detectors.selectors.rule_hits import best_windows_for
from detectors.selectors.signal import entities_of
from detectors.sigma.detector import is_rule, kind_of
from detectors.sigma.findings import conditions
from detectors.sigma.params import RuleParams
from detectors.sigma.windows import group_name, groups_of, met_slots
from detectors.surroundings import on_one_line, signals_with
from detectors.velocity.params import VelocityParams

OWN: Final = 200
GROUPS: Final = 50
SHOWN: Final = 20
LEAST: Final = 0.5
"""Share of the needed number from which on something is near."""
RELAXED: Final[Mapping[str, tuple[str, ...]]] = {
    "velocity": ("signups", "copies", "posts", "ai_requests", "custom"),
    "near-duplicate-text": ("min_accounts",),
    "sequence": ("min_accounts",),
    "shared-infrastructure": ("min_accounts", "min_hard"),
}
"""Detector -> its parameters that are numbers to reach."""


class NearMiss(NamedTuple):
    """One condition that is not met yet. value, needed: of what `unit` says."""

    detector: str
    title: str
    anchor: Key
    condition: str
    value: float
    needed: float
    unit: str

    @property
    def margin(self) -> float:
        """What is missing."""
        return self.needed - self.value


@dataclass(frozen=True, slots=True)
class Near:
    """misses: the nearest first. looked: titles of the detectors that were asked."""

    misses: list[NearMiss]
    looked: list[str]


def near_misses_for(viewer: User, entity: Entity) -> Near:
    """What almost fired about an entity, by the settings in force. Partners see nothing."""
    if not allowed(viewer, "signal.view"):
        return Near([], [])
    recent = recent_of(entity)
    own, line = on_one_line(recent.ids[:OWN])
    near = [entity.pk, *(one.id for one in links_of(recent, entity))] if own else []
    return _asked(viewer, own, line, near)


def near_misses_of(signal: Stored, viewer: User) -> Near:
    """What almost fired with this one signal in it: the conditions that it helped to hold."""
    if not allowed(viewer, "signal.view"):
        return Near([], [])
    own, line = on_one_line([signal.pk])
    near = list(entities_of(signal).values_list("entity_id", flat=True))
    return _asked(viewer, own, line, near)


def _asked(viewer: User, own: Sequence[Signal], line: int, near: Sequence[int]) -> Near:
    """near: ids of the entities whose signals stand around these."""
    asked = [
        config
        for slug, config in configs_for(viewer).items()
        if config.mode != Mode.OFF and (is_rule(slug) or slug in RELAXED)
    ]
    around = signals_with(near, line) if near else []
    found: list[NearMiss] = []
    looked: list[str] = []
    for config in asked if own else ():
        try:
            found += (
                _of_rule(viewer, config, own, line)
                if is_rule(config.slug)
                else _of_code(config, own, around)
            )
        except InvalidError:  # it takes too long; the page is not kept waiting
            continue
        looked.append(registry.get(config.slug).meta.title)
    found.sort(key=lambda one: (one.margin / one.needed, one.title, one.anchor))
    return Near(found[:SHOWN], looked)


def _of_rule(
    viewer: User, config: DetectorConfig, own: Sequence[Signal], line: int
) -> Iterator[NearMiss]:
    params = RuleParams.model_validate(config.params)
    rule = params.rule
    told = {group: one.at for one in own for group in groups_of(rule, one, met_slots(rule, one))}
    names = {group_name(group) for group in list(told)[-GROUPS:]}
    if not names:
        return
    span = timedelta(seconds=rule.window_s)
    since = datetime.fromtimestamp(min(told.values()), UTC) - span
    until = datetime.fromtimestamp(max(told.values()), UTC) + span
    best = best_windows_for(
        viewer, params, stream_id=line, since=since, until=until, groups=sorted(names)
    )
    for name, number in best.items():
        (condition,) = conditions(rule, number)
        if _is_near(number, rule.threshold):
            yield NearMiss(
                config.slug,
                rule.title,
                Key(kind_of(rule.group_by), name),
                condition.name,
                number,
                rule.threshold,
                condition.unit,
            )


def _of_code(
    config: DetectorConfig, own: Sequence[Signal], around: Sequence[Signal]
) -> Iterator[NearMiss]:
    kind = registry.get(config.slug)
    params = kind.Params.model_validate(config.params)
    lower = _relaxed(params, RELAXED[config.slug])
    mine = {one.id for one in own}
    detector = kind(settings.SECRET_KEY.encode(), tell=stream.told_by)
    drafts = {one.draft.anchor: one.draft for one in run_all(detector, lower, around)}
    for draft in drafts.values():
        if draft.lapsed or mine.isdisjoint(draft.signal_ids):
            continue
        name, value, needed, unit = _reached(draft, params)
        if _is_near(value, needed):
            yield NearMiss(config.slug, kind.meta.title, draft.anchor, name, value, needed, unit)


def _reached(draft: FindingDraft, params: BaseParams) -> tuple[str, float, float, str]:
    """The lowered condition by name, what it reached, what it needs really, and of what."""
    condition = draft.conditions[0]
    if isinstance(params, ScopedParams):
        name = "min_hard" if draft.family is Family.INFRA_HARD else "min_accounts"
        need = need_of(params, name, draft.subjects, draft.signal_ids, stream.told_by)
        return need.named("accounts"), need.number, need.least, condition.unit
    needed = condition.limit
    if isinstance(params, VelocityParams):
        needed = params.rules[str(draft.values["condition"])].threshold
    return condition.name, condition.value, needed, condition.unit


def _relaxed(params: BaseParams, names: Iterable[str]) -> BaseParams:
    told: dict[str, Any] = {}
    for name in names:
        value = getattr(params, name)
        info = type(params).model_fields[name]
        low = next((one.ge for one in info.metadata if hasattr(one, "ge")), 1)
        told[name] = max(ceil(value * LEAST), int(low)) if value else value
    if isinstance(params, ScopedParams):
        told[OVERRIDES] = tuple(
            one.model_copy(update={"value": ceil(one.value * LEAST)}) for one in params.overrides
        )
    return params.model_copy(update=told)


def _is_near(value: float, needed: float) -> bool:
    return needed * LEAST <= value < needed
