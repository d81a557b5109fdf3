"""Repurposed accounts in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from detectors.base import DAY_S, Condition, FindingDraft, Key
from detectors.emission import at_least, counted, lasting, neighbour_links, shortened
from detectors.lives.holders import Holder
from detectors.lives.tongue import worded
from detectors.lives.turns import Turn

LLR = 2.0
TURNED = "turned-together"
CHANGED = "accounts that changed"


class Limits(Protocol):
    """The parameters that a finding about turns names."""

    @property
    def rest_d(self) -> int: ...
    @property
    def min_accounts(self) -> int: ...
    @property
    def min_posts(self) -> int: ...
    @property
    def max_kept(self) -> float: ...


def handle_draft(
    anchor: Key,
    accounts: Sequence[str],
    holders: Mapping[str, Holder],
    handover_d: float,
    *,
    truncated: bool,
) -> FindingDraft:
    """A handle that passed from one account to another; accounts in order of first sighting."""
    held = [holders[account] for account in accounts]
    free = [
        later.first - max(one.last for one in held[:place])
        for place, later in enumerate(held[1:], 1)
    ]
    gap_s = max(free)
    by_turns = min(free) < 0
    how = "by turns" if by_turns else f"free for {lasting(gap_s)} at most"
    name = anchor.value.partition(" ")[2]
    return FindingDraft(
        anchor=anchor,
        subjects=tuple(sorted(accounts)),
        signal_ids=tuple(sorted({id_ for one in held for id_ in (one.first_id, one.last_id)})),
        llr=LLR,
        sentence=f"{counted(len(held), 'account')} bore the handle {shortened(name)}, {how}",
        first_at=min(one.first for one in held),
        last_at=max(one.last for one in held),
        values={"handle": name, "accounts": len(held), "by_turns": by_turns},
        conditions=(
            Condition("accounts under one handle", len(held), ">=", 2, "accounts", met=True),
            Condition(
                "free between them",
                round(max(gap_s, 0) / DAY_S, 2),
                "<=",
                handover_d,
                "days",
                gap_s <= handover_d * DAY_S,
            ),
        ),
        flags=("truncated",) if truncated else (),
    )


def turns_draft(group: Sequence[Turn], limits: Limits) -> FindingDraft:
    """Accounts that rested and came back together as others; in order of waking."""
    names = sorted(turn.account for turn in group)
    places = {name: place for place, name in enumerate(names)}
    ids = sorted(id_ for turn in group for id_ in turn.signal_ids)
    rests = [turn.rested_s for turn in group]
    after = group[0].after
    before = sorted({worded(turn.before) for turn in group})
    spread_s = group[-1].woke - group[0].woke
    return FindingDraft(
        anchor=Key(TURNED, f"{after} {group[0].account}"),
        subjects=tuple(names),
        signal_ids=tuple(ids),
        llr=LLR,
        links=neighbour_links([places[turn.account] for turn in group], lambda _a, _b: LLR),
        sentence=(
            f"{counted(len(group), 'account')} rested {_range(rests)}, woke within "
            f"{lasting(spread_s)} and changed from {_listed(before)} to {worded(after)}, one topic"
        ),
        first_at=group[0].woke,
        last_at=max(turn.last for turn in group),
        values={
            "accounts": len(group),
            "before": before,
            "after": worded(after),
            "woke_within_s": round(spread_s),
        },
        conditions=(
            at_least(CHANGED, len(group), limits.min_accounts, "accounts"),
            at_least("shortest rest", round(min(rests) / DAY_S, 1), limits.rest_d, "days"),
            Condition(
                "old words still used",
                max(turn.kept for turn in group),
                "<=",
                limits.max_kept,
                "share",
                met=True,
            ),
        ),
    )


def _range(seconds: Sequence[float]) -> str:
    low, high = round(min(seconds) / DAY_S), round(max(seconds) / DAY_S)
    return f"{low} d" if low == high else f"{low}-{high} d"


def _listed(names: Sequence[str], most: int = 3) -> str:
    return " and ".join(names[:most]) + (" and others" if len(names) > most else "")
