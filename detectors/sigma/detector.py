"""Rules that people write, as detectors: the engine runs them as it runs those of code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from detectors.base import DAY_S, Detector, Family, FindingDraft, Key, Meta, Rescored, Signal
from detectors.emission import is_due
from detectors.sigma.findings import draft
from detectors.sigma.params import RuleParams
from detectors.sigma.windows import (
    Gathered,
    group_name,
    groups_of,
    met_slots,
    put,
    reached,
    seen_as,
)

PREFIX: Final = "rule-"
SLUG: Final = re.compile(r"rule-[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?")
_META: Final = Meta(
    slug="rule",
    title="Rule",
    version=1,
    family=Family.BEHAVIOUR,
    lookback_s=30 * DAY_S,
    rescored=Rescored.FOLD,
    doc=(
        "A rule that people of this desk wrote in Sigma. It gathers the signals that meet its "
        "conditions by the fields it groups by, and says something where enough of them lie in one "
        "window. A rule without a correlation gathers by account over a day. Signals in which "
        "nobody acts count; a group in which nobody acts says nothing. What it says weighs by the "
        "severity of the rule and supports other evidence; alone it opens no case."
    ),
    falsifiers=(
        "An honest use meets the same conditions: look at the signals that are cited.",
        "What the signals have in common belongs to many people, such as the address of a campus.",
    ),
    source=(
        "Sigma, including correlation rules (event_count, value_count, temporal, "
        "temporal_ordered), as pySigma reads it. Windows slide: each ends at a signal."
    ),
)


class CustomRule(Detector[Gathered, RuleParams]):
    """State per group: its signals inside the window, in order of time."""

    meta = _META
    Params = RuleParams
    State = Gathered

    def keys(self, signal: Signal, p: RuleParams) -> Iterable[Key]:
        slots = met_slots(p.rule, signal)
        if not slots:
            return ()
        kind = kind_of(p.rule.group_by)
        return [Key(kind, group_name(one)) for one in groups_of(p.rule, signal, slots)]

    def keep_s(self, key: Key, p: RuleParams) -> float:
        """Nothing older than the window counts."""
        del key
        return float(p.rule.window_s)

    def apply(self, key: Key, signal: Signal, state: Gathered, p: RuleParams) -> list[FindingDraft]:
        rule = p.rule
        slots = self._slots(key, signal, p)
        if not slots:
            return []
        put(state, seen_as(rule, signal, slots), rule.window_s)
        found = reached(rule, state)
        if 2 * found.number <= rule.threshold:
            state.said = state.accounts = 0
        if found.number < rule.threshold:
            return []
        accounts = len({one.account for one in found.cited if one.account})
        is_news = is_due(accounts, state.accounts) or found.number >= 2 * state.said
        if not accounts or not (is_news or self.every):
            return []
        state.said, state.accounts = found.number, accounts
        return [draft(key, found, state, p)]

    def _slots(self, key: Key, signal: Signal, p: RuleParams) -> Sequence[int]:
        """The slots by which a signal belongs to the group of a key."""
        groups = groups_of(p.rule, signal, met_slots(p.rule, signal))
        return next((slots for one, slots in groups.items() if group_name(one) == key.value), ())


def kind_of(group_by: Sequence[str]) -> str:
    """The type of a rule's keys, as people read it: the last words of its fields."""
    return " + ".join(name.rpartition(".")[2] for name in group_by)[:40] or "all"


def is_rule(slug: str) -> bool:
    """Whether a slug is that of a rule that people wrote."""
    return SLUG.fullmatch(slug) is not None


@cache
def rule_detector(slug: str) -> type[CustomRule]:
    """The detector of a rule. What it says stands in its configuration."""
    title = slug.removeprefix(PREFIX).replace("-", " ").capitalize()
    meta = replace(_META, slug=slug, title=title)
    return type("NamedRule", (CustomRule,), {"meta": meta})
