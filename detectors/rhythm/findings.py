"""One rhythm in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.base import MAX_SIGNAL_IDS, Condition, FindingDraft, Key
from detectors.emission import Link, counted
from detectors.rhythm.beats import Beats
from detectors.rhythm.bins import BIN_S, WEEK_H, Beat, hour_of_week
from detectors.rhythm.pairs import Limits, Pair
from detectors.rhythm.shifts import ShiftLimits, Shifts

LLR = 1.5
SHOWN = 2


def rhythm_draft(
    beats: Beats, group: Sequence[int], pairs: Sequence[Pair], limits: Limits, least: int
) -> FindingDraft:
    """Accounts that keep one rhythm. group: their places; pairs: those inside the group."""
    members = sorted((beats[place] for place in group), key=lambda one: one.account)
    names = [one.account for one in members]
    numbers = {name: number for number, name in enumerate(names)}
    at = {place: numbers[beats[place].account] for place in group}
    common = {
        place for pair in pairs for place in set(beats[pair.one].bins) & set(beats[pair.two].bins)
    }
    ids = sorted(
        id_ for one in members for place, id_ in zip(one.bins, one.ids, strict=True)
        if place in common
    )  # fmt: skip
    weakest = min(pairs, key=lambda pair: (pair.cosine, pair.one, pair.two))
    likeliest = max(pairs, key=lambda pair: (pair.p, pair.one, pair.two))
    return FindingDraft(
        anchor=Key("rhythm", names[0]),
        subjects=tuple(names),
        signal_ids=tuple(ids[:MAX_SIGNAL_IDS]),
        signal_total=len(ids),
        llr=LLR,
        links=tuple(sorted(_link(at[one.one], at[one.two]) for one in pairs)),
        sentence=(
            f"{counted(len(names), 'account')} with one weekly rhythm (cosine from "
            f"{weakest.cosine:.2f}); two of them acted {likeliest.same} times in the same 5 "
            f"minutes, {likeliest.expected:.1f} expected"
        ),
        first_at=float(min(common) * BIN_S),
        last_at=float((max(common) + 1) * BIN_S),
        values={
            "accounts": len(names),
            "same_bins": likeliest.same,
            "expected": round(likeliest.expected, 4),
            "hours_of_week": {one.account: _heat(one) for one in members[:SHOWN]},
        },
        conditions=(
            Condition("acts", min(len(one.bins) for one in members), ">=", least, "acts", met=True),
            Condition(
                "cosine of the weeks", round(weakest.cosine, 4), ">=", limits.cosine, "", met=True
            ),
            Condition("chance", likeliest.p, "<=", limits.alpha, "p", met=True),
        ),
    )


def shifts_draft(beats: Beats, found: Shifts, limits: ShiftLimits, least: int) -> FindingDraft:
    """Accounts that take turns: at any hour of the week one of them is at work."""
    members = sorted((beats[place] for place in found.places), key=lambda one: one.account)
    names = [one.account for one in members]
    ids = sorted(id_ for one in members for id_ in one.ids)
    return FindingDraft(
        anchor=Key("shifts", names[0]),
        subjects=tuple(names),
        signal_ids=tuple(ids[:MAX_SIGNAL_IDS]),
        signal_total=len(ids),
        llr=LLR,
        sentence=(
            f"{counted(len(names), 'account')} take turns over {found.hours} hours of the week: "
            f"{found.alone:.0%} of their acts fall to the one whose hour it is, "
            f"{found.expected:.0%} expected of others as busy"
        ),
        first_at=float(min(one.bins[0] for one in members) * BIN_S),
        last_at=float((max(one.bins[-1] for one in members) + 1) * BIN_S),
        values={
            "accounts": len(names),
            "alone": round(found.alone, 4),
            "expected": round(found.expected, 4),
            "hours_of_week": {one.account: _heat(one) for one in members},
        },
        conditions=(
            Condition("acts", min(len(one.bins) for one in members), ">=", least, "acts", met=True),
            Condition(
                "acts in own hours", round(found.alone, 4), ">=", limits.alone, "share", met=True
            ),
            Condition("hours covered", found.hours, ">=", limits.hours, "hours", met=True),
            Condition("chance", found.p, "<=", limits.alpha, "p", met=True),
        ),
    )


def _link(one: int, two: int) -> Link:
    return (min(one, two), max(one, two), LLR)


def _heat(beat: Beat) -> list[int]:
    found = [0] * WEEK_H
    for place in beat.bins:
        found[hour_of_week(place)] += 1
    return found
