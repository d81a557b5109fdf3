"""What detector D13 says: numbers, evaluated conditions and the sentence for people."""

from __future__ import annotations

from typing import Any, NamedTuple

from detectors import hyperloglog
from detectors.base import Condition, FindingDraft, Key, Tier
from detectors.emission import lasting, shortened
from detectors.grouping import GROUP_NOUNS, JOINT
from detectors.sliding import MAX_KEPT, Window
from detectors.velocity.params import Rule
from detectors.velocity.season import Rhythm, Usual

LLR = 2.0
OPENING_ACCOUNTS = 3
SENTENCES = {
    "signups": "{accounts} created from {shown} with one client",
    "copies": "{posts} of one text by {acting}",
    "posts": "{posts} by {shown}",
    "ai-requests": "{requests} with key {shown} by {acting}",
    "custom": "{members} on one {group} ({shown})",
}
NOUNS = {
    "count": "signal",
    "rate": "signal",
    "actors": "different account",
    "texts": "different text",
}
SILENT = frozenset({"agent"})
"""Groups whose values are digests that tell a person nothing."""


class Judged(NamedTuple):
    """What was compared for one condition and value.

    number: members in the window. reached: what is held against the threshold, the level of the
    bucket for a rate and else the number. usual: at this hour; None where no norm counts.
    """

    number: int
    reached: float
    usual: Usual | None = None

    def is_met(self, rule: Rule) -> bool:
        """Whether every part of the condition holds."""
        return self.reached >= rule.threshold and (
            self.usual is None or self.number > self.usual.limit
        )


def draft(
    key: Key, state: Window, rule: Rule, judged: Judged, rhythm: Rhythm | None
) -> FindingDraft:
    """One finding; `state` is the window that made it."""
    names = tuple(sorted(state.by_account))
    acts = state.acts.values()
    return FindingDraft(
        anchor=key,
        subjects=names,
        signal_ids=tuple(sorted(act.signal_id for act in acts)),
        signal_total=judged.number,
        llr=LLR,
        score=round(judged.number / rule.threshold, 4),
        sentence=_sentence(key, state, rule, judged),
        first_at=min(act.at for act in acts),
        last_at=max(act.at for act in acts),
        tier=Tier.OPENING if len(names) >= OPENING_ACCOUNTS else Tier.SUPPORTING,
        values={
            "condition": rule.name,
            "measure": rule.measure,
            "value": judged.number,
            "exact": state.ring is None,
            "accounts": len(names),
            "platforms": sorted({name.partition(":")[0] for name in names}),
            "window_s": rule.window_s,
        },
        constants=_constants(state, rule, judged, rhythm),
        conditions=_conditions(rule, judged),
        flags=() if state.ring is None else ("sampled",),
    )


def _conditions(rule: Rule, judged: Judged) -> tuple[Condition, ...]:
    unit = f"in {rule.span_s:g} s"
    held = f"in a bucket that loses {rule.refill} in {rule.window_s} s" if rule.refill else unit
    reached = round(judged.reached, 2)
    found = (Condition(rule.measure, reached, ">=", rule.threshold, held, met=True),)
    if judged.usual is None:
        return found
    usual = Condition("usual at this hour", judged.number, ">", judged.usual.limit, unit, met=True)
    return (*found, usual)


def _constants(state: Window, rule: Rule, judged: Judged, rhythm: Rhythm | None) -> dict[str, Any]:
    """Numbers from elsewhere than the cited signals: error of an estimate, what is usual."""
    found: dict[str, Any] = {}
    if rule.refill:
        found |= {"refill": rule.refill, "level": round(judged.reached, 4), "span_s": rule.span_s}
    if state.ring is not None:
        found |= {"kept": MAX_KEPT, "slice_s": state.ring.slice_s}
        found["standard_error"] = round(hyperloglog.STANDARD_ERROR, 4) if rule.distinct else 0.0
    if judged.usual is not None and rhythm is not None:
        limit, norm = judged.usual
        found["usual"] = {
            "mean": norm.mean,
            "variance": norm.variance,
            "busy": norm.busy,
            "sigma": rhythm.sigma,
            "limit": limit,
        }
    return found


def _sentence(key: Key, state: Window, rule: Rule, judged: Judged) -> str:
    """What a person reads. Of a sampled window the accounts are those that were kept."""
    exact = state.ring is None
    about = "" if exact else "about " if rule.distinct else "at least "
    number, accounts = judged.number, len(state.by_account)
    said = SENTENCES[rule.name].format(
        accounts=about + _counted(number, "account"),
        posts=about + _counted(number, "post"),
        requests=about + _counted(number, "AI request"),
        members=about + _counted(number, NOUNS[rule.measure]),
        acting=("" if exact else "at least ") + _counted(accounts, "account"),
        group=" and ".join(GROUP_NOUNS[group] for group in rule.groups),
        shown=_shown(key, rule),
    )
    return f"{said} in {lasting(rule.span_s)}, limit {_limit(rule)}{_unusual(judged)}"


def _limit(rule: Rule) -> str:
    refill = f", refill {rule.refill:,} in {lasting(rule.window_s)}" if rule.refill else ""
    return f"{rule.threshold:,}{refill}"


def _unusual(judged: Judged) -> str:
    return "" if judged.usual is None else f"; usual at this hour: {judged.usual.norm.mean:,.0f}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _shown(key: Key, rule: Rule) -> str:
    """The values of the group, without those that only a machine can read."""
    parts = key.value.split(JOINT, len(rule.groups) - 1)
    named = [*zip(rule.groups, parts, strict=False)]
    told = [part for group, part in named if group not in SILENT] or parts
    return JOINT.join(shortened(part) for part in told)
