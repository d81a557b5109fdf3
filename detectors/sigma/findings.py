"""What a rule that people wrote says: conditions with numbers, and a sentence."""

from __future__ import annotations

from typing import Final

from detectors.base import Condition, FindingDraft, Key
from detectors.emission import at_least, counted, lasting, shortened
from detectors.grouping import JOINT
from detectors.sigma.model import Count, Rule
from detectors.sigma.params import RuleParams
from detectors.sigma.windows import Gathered, Reached

LLR: Final = {"informational": 0.5, "low": 1.0, "medium": 2.0, "high": 3.0, "critical": 4.0}
UNITS: Final = {
    Count.EVENTS: "signals",
    Count.VALUES: "different values",
    Count.TEMPORAL: "kinds of signals",
    Count.ORDERED: "steps in order",
}
SENTENCES: Final = {
    Count.EVENTS: "{title}: {number} signals by {accounts}{with} in {window}, limit {needed}",
    Count.VALUES: "{title}: {number} different values by {accounts}{with} in {window}, "
    "limit {needed}",
    Count.TEMPORAL: "{title}: {number} kinds of signals by {accounts}{with} within {window}",
    Count.ORDERED: "{title}: {number} steps in order by {accounts}{with} within {window}",
}


def draft(key: Key, found: Reached, state: Gathered, p: RuleParams) -> FindingDraft:
    """One finding; the window is that in which `found` was reached."""
    rule = p.rule
    names = tuple(sorted({one.account for one in found.cited if one.account}))
    ids = tuple(sorted({one.signal_id for one in found.cited}))
    return FindingDraft(
        anchor=key,
        subjects=names,
        signal_ids=ids,
        llr=LLR[rule.level],
        score=round(found.number / rule.threshold, 4),
        sentence=sentence(key, found.number, len(names), p),
        first_at=min(one.at for one in found.cited),
        last_at=max(one.at for one in found.cited),
        values={
            "rule": rule.title,
            "level": rule.level,
            "number": found.number,
            "accounts": len(names),
            "platforms": sorted({name.partition(":")[0] for name in names}),
            "group_by": list(rule.group_by),
            "window_s": rule.window_s,
        },
        conditions=conditions(rule, found.number),
        flags=("truncated",) if state.lost else (),
    )


def conditions(rule: Rule, number: int) -> tuple[Condition, ...]:
    """What was compared."""
    unit = f"{UNITS[rule.count]} in {lasting(rule.window_s)}"
    what = rule.counted or rule.count.value
    return (at_least(what, number, rule.threshold, unit),)


def sentence(key: Key, number: int, accounts: int, p: RuleParams) -> str:
    """What a person reads, with the gaps filled."""
    rule = p.rule
    group = shown_group(key)
    gaps = {
        "accounts": counted(accounts, "account"),
        "number": f"{number:,}",
        "needed": f"{rule.threshold:,}",
        "group": group,
        "window": lasting(rule.window_s),
        "title": rule.title,
        "with": f" with {key.type} {group}" if rule.group_by and not rule.plain else "",
    }
    parts = (p.sentence or SENTENCES[rule.count]).split("{")
    # A value that looks like a gap is text: gaps are looked for in the sentence alone.
    told = [parts[0], *(_filled(part, gaps) for part in parts[1:])]
    return "".join(told)


def shown_group(key: Key) -> str:
    """The values of a group, long ones shortened."""
    return JOINT.join(shortened(one) for one in key.value.split(JOINT))


def _filled(part: str, gaps: dict[str, str]) -> str:
    name, brace, rest = part.partition("}")
    return f"{gaps[name]}{rest}" if brace and name in gaps else f"{{{part}"
