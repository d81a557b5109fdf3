"""What a finding about a swarm says: sentence, values, conditions, constants."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from detectors.base import DAY_S, Condition, Family, FindingDraft, Key
from detectors.emission import counted, lasting
from detectors.prompts.askers import Asker
from detectors.prompts.births import Together
from detectors.prompts.entropy import entropy
from detectors.prompts.rows import BASE_H
from detectors.prompts.swarm import Question, Swarm
from detectors.synchrony.rows import keyed_rank

LLR = 5.0
"""All that this family can say; docs/decisions/0019 says why."""
BIRTHS_LLR = 3.0
BIRTHS = "births"
SMALLEST = 1e-300
MAX_SUBJECTS = 1_000


def draft(swarm: Swarm, ask: Question, secret: bytes, *, truncated: bool) -> FindingDraft:
    """The finding of a swarm. secret: of the sample where accounts are too many to name."""
    start = swarm.end - ask.window_h
    named = _named(swarm.askers, secret)
    seen = [_first(asker, start, swarm.end) for asker in named]
    values = _values(swarm, start)
    root = min(swarm.family, key=lambda row: (row.first_at, row.name))
    sampled = swarm.sampled or len(named) < len(swarm.askers)
    flags = [*(["sampled"] if sampled else []), *(["truncated"] if truncated else [])]
    return FindingDraft(
        anchor=Key("prompt", root.name),
        subjects=tuple(asker.account for asker in named),
        signal_ids=tuple(sorted(signal_id for _, signal_id in seen)),
        llr=LLR,
        score=round(swarm.factor, 4),
        sentence=_sentence(swarm, values),
        first_at=min(at for at, _ in seen),
        last_at=max(at for at, _ in seen),
        values=values,
        constants={
            "usual_requests": round(swarm.usual, 4),
            "requests": swarm.requests,
            "watched_hours": swarm.watched_h,
            "mean_over_hours": BASE_H,
        },
        conditions=_conditions(swarm, ask),
        signal_total=swarm.requests,
        flags=tuple(flags),
    )


def births_draft(swarm: Swarm, told: Together, ask: Question, p_max: float) -> FindingDraft:
    """The finding that most customers of a swarm were made in one stretch: who they are."""
    start = swarm.end - ask.window_h
    named = [one for one in swarm.askers.values() if one.account in set(told.accounts)]
    seen = [_first(asker, start, swarm.end) for asker in named]
    root = min(swarm.family, key=lambda row: (row.first_at, row.name))
    return FindingDraft(
        anchor=Key(BIRTHS, root.name),
        subjects=told.accounts,
        signal_ids=tuple(sorted(signal_id for _, signal_id in seen)),
        llr=BIRTHS_LLR,
        score=round(-math.log10(max(told.p, SMALLEST)), 2),
        sentence=(
            f"{len(told.accounts):,} of {counted(told.known, 'account')} on one template were made "
            f"within {lasting(told.end - told.start)}, as were {told.during:,} of "
            f"{told.others:,} other customers (p {told.p:.0e})"
        ),
        first_at=min(at for at, _ in seen),
        last_at=max(at for at, _ in seen),
        family=Family.IDENTITY,
        values={"accounts": len(told.accounts), "births_known": told.known, "during": told.during},
        constants={"others": told.others, "stretches": told.looked},
        conditions=(Condition("chance of so many", told.p, "<=", p_max, "p", met=True),),
    )


def _named(askers: Mapping[str, Asker], secret: bytes) -> list[Asker]:
    """One account of each customer, by name; the same sample of too many every time."""
    by_account = {askers[name].account: askers[name] for name in sorted(askers, reverse=True)}
    names = sorted(by_account)
    if len(names) > MAX_SUBJECTS:
        ranked = sorted(names, key=lambda name: (keyed_rank(name, secret), name))
        names = sorted(ranked[:MAX_SUBJECTS])
    return [by_account[name] for name in names]


def _first(asker: Asker, start: int, end: int) -> tuple[float, int]:
    """Time and id of the first request in hours (start, end]."""
    hours = (one for hour, one in asker.hours.items() if start < hour <= end)
    return min((one.at, one.signal_id) for one in hours)


def _values(swarm: Swarm, start: int) -> dict[str, Any]:
    askers = list(swarm.askers.values())
    hours = [{hour for hour in one.hours if start < hour <= swarm.end} for one in askers]
    networks = Counter(one.network for one in askers if one.network)
    share = swarm.share
    return {
        "accounts": swarm.accounts,
        "wordings": len(swarm.family),
        "requests": swarm.requests,
        "usual_requests": round(swarm.usual, 2),
        "factor": round(swarm.factor, 2),
        "platforms": sorted({one.account.partition(":")[0] for one in askers}),
        "largest_limit_share": None if share is None else round(share, 4),
        "limits_known": swarm.limits_known,
        "left_out_heavy": swarm.heavy,
        "left_out_declared": swarm.declared,
        **_births(askers),
        "networks": len(networks),
        "network_entropy": round(entropy(networks.values()), 4),
        "active_hours": len(set().union(*hours)),
        "active_hours_per_account": round(fmean(len(one) for one in hours), 2),
    }


def _births(askers: Sequence[Asker]) -> dict[str, Any]:
    """When the accounts were made: how many are known, and the days that the middle half spans."""
    born = sorted(one.born for one in askers if one.born)
    if not born:
        return {"births_known": 0}
    spread = born[-1 - len(born) // 4] - born[len(born) // 4]
    return {"births_known": len(born), "birth_spread_d": round(spread / DAY_S, 1)}


def _sentence(swarm: Swarm, values: Mapping[str, Any]) -> str:
    wordings = values["wordings"]
    template = "one template" if wordings == 1 else f"one template in {wordings:,} wordings"
    return (
        f"{counted(swarm.accounts, 'account')}, {template}, {swarm.factor:,.0f}x usual, "
        f"{_limits(swarm)}"
    )


def _limits(swarm: Swarm) -> str:
    if swarm.share is None:
        return "own limits not known"
    percent = int(swarm.share * 100) + 1
    if swarm.limits_known == len(swarm.askers):
        return f"each below {percent} % of its limit"
    return f"{swarm.limits_known:,} with a known limit below {percent} % of it"


def _conditions(swarm: Swarm, ask: Question) -> tuple[Condition, ...]:
    rows = [
        ("accounts", swarm.accounts, ">=", ask.accounts, "accounts"),
        ("requests in the window", round(swarm.factor, 2), ">=", ask.factor, "x usual"),
        ("time watched before", swarm.watched_h, ">=", ask.window_h, "hours"),
    ]
    if swarm.share is not None:
        share = round(swarm.share, 4)
        rows.append(("largest share of an own limit", share, "<", ask.share, "share"))
    return tuple(Condition(*row, met=True) for row in rows)
