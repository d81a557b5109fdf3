"""What one setting finds and another does not: findings gained, lost and kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from detectors.backtest.trial import Said
from detectors.base import Key

SAME_ACCOUNTS: Final = 0.5
"""Findings of one kind whose accounts are alike to this share (Jaccard) are one finding under two
names: an anchor is often the first of what belongs together, and that may change."""


@dataclass(frozen=True, slots=True)
class Compared:
    """kept: as the proposed settings say it."""

    gained: list[Said]
    lost: list[Said]
    kept: list[Said]


def compare(current: Mapping[Key, Said], proposed: Mapping[Key, Said]) -> Compared:
    """Each list by weight, then time: what matters most first."""
    same = current.keys() & proposed.keys()
    lost = {anchor: current[anchor] for anchor in current.keys() - same}
    gained = {anchor: proposed[anchor] for anchor in proposed.keys() - same}
    renamed = _renamed(lost, gained)
    kept = [proposed[anchor] for anchor in same | set(renamed.values())]
    return Compared(
        gained=_ordered(one for anchor, one in gained.items() if anchor not in renamed.values()),
        lost=_ordered(one for anchor, one in lost.items() if anchor not in renamed),
        kept=_ordered(kept),
    )


def _renamed(lost: Mapping[Key, Said], gained: Mapping[Key, Said]) -> dict[Key, Key]:
    """Lost anchor -> the gained one that is the same finding; each is used once."""
    naming: dict[str, list[Key]] = defaultdict(list)
    for anchor, said in gained.items():
        for name in said.draft.subjects:
            naming[name].append(anchor)
    found: dict[Key, Key] = {}
    free = set(gained)
    for anchor in sorted(lost):
        mine = lost[anchor].draft.subjects
        shared = Counter(other for name in mine for other in naming[name])
        fits = [
            (n / (len(mine) + len(gained[other].draft.subjects) - n), other)
            for other, n in shared.items()
            if other in free and other.type == anchor.type
        ]
        alike, other = max(fits, default=(0.0, anchor))
        if alike >= SAME_ACCOUNTS:
            found[anchor] = other
            free.discard(other)
    return found


def _ordered(said: Iterable[Said]) -> list[Said]:
    return sorted(
        said, key=lambda one: (-one.draft.llr, -len(one.draft.subjects), one.draft.anchor)
    )
