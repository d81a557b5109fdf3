"""What a detector makes of a few signals: conditions that they meet, what is reached and said.

Pure, and nothing of it is kept: the detector starts empty, as if nothing had happened before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from detectors.base import BaseParams, Detector, FindingDraft, Key, Signal
from detectors.engine import OWN_KINDS, run_all
from detectors.sigma.findings import conditions
from detectors.sigma.matching import Traced, trace
from detectors.sigma.params import RuleParams
from detectors.sigma.windows import (
    Gathered,
    Group,
    Seen,
    groups_of,
    met_slots,
    put,
    reached,
    seen_as,
)

MAX_KEYS: Final = 20
MAX_FINDINGS: Final = 50


class Part(NamedTuple):
    """One rule about single signals, traced for one of them."""

    title: str
    met: bool
    lines: list[Traced]


@dataclass(frozen=True, slots=True)
class Looked:
    """One signal. parts: conditions, of rules only. keys: what it counts for."""

    number: int
    signal: Signal
    reads: bool
    parts: list[Part] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Together:
    """The best window of one group. value and needed: of what the rule counts."""

    group: Group
    value: int
    needed: int
    unit: str
    accounts: int

    @property
    def margin(self) -> int:
        """What is missing; 0 when the number is reached."""
        return max(0, self.needed - self.value)


@dataclass(frozen=True, slots=True)
class Trial:
    """Everything that is told of pasted signals."""

    looked: list[Looked]
    groups: list[Together]
    findings: list[FindingDraft]
    error: str = ""


def tried(detector: Detector[Any, Any], params: BaseParams, signals: Sequence[Signal]) -> Trial:
    """Run a detector over signals, in order of time."""
    ordered = sorted(signals, key=lambda one: one.place)
    try:
        looked = [_looked(detector, params, one) for one in ordered]
        drafts = {one.draft.anchor: one.draft for one in run_all(detector, params, ordered)}
    except Exception as error:  # plug-in border: a detector that cannot digest a sample says so
        return Trial([], [], [], f"{type(error).__name__}: {error}")
    groups = best_windows(params, ordered) if isinstance(params, RuleParams) else []
    kept = [one for one in drafts.values() if not one.lapsed][:MAX_FINDINGS]
    return Trial(looked, groups, kept)


def best_windows(params: RuleParams, signals: Sequence[Signal]) -> list[Together]:
    """For each group the window that holds most, the fullest first. Signals in order of time."""
    rule = params.rule
    states: dict[Group, Gathered] = {}
    best: dict[Group, Together] = {}
    for signal in signals:
        for group, slots in groups_of(rule, signal, met_slots(rule, signal)).items():
            state = states.setdefault(group, Gathered())
            put(state, seen_as(rule, signal, slots), rule.window_s)
            found = reached(rule, state)
            if group not in best or found.number > best[group].value:
                best[group] = _together(params, group, found.number, found.cited)
    return sorted(best.values(), key=lambda one: (-one.value, one.group))


def _together(params: RuleParams, group: Group, number: int, cited: Sequence[Seen]) -> Together:
    (condition,) = conditions(params.rule, number)
    accounts = len({one.account for one in cited if one.account})
    return Together(group, number, params.rule.threshold, condition.unit, accounts)


def _looked(detector: Detector[Any, Any], params: BaseParams, signal: Signal) -> Looked:
    kinds = detector.meta.kinds
    reads = signal.kind in kinds if kinds else signal.kind not in OWN_KINDS
    parts = []
    if isinstance(params, RuleParams):
        for slot in params.rule.slots:
            lines = trace(signal, slot.base.expr)
            parts.append(Part(slot.base.title, lines[0].met, lines))
    keys = list(dict.fromkeys(detector.keys(signal, params)))[:MAX_KEYS] if reads else []
    return Looked(signal.id, signal, reads, parts, keys)
