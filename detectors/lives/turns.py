"""Accounts that came back as somebody else, and which of them did so together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from detectors.emission import hanging_together
from detectors.lives.eras import Era, main_tongue, overlap, words_of
from detectors.lives.tongue import is_other

MAX_TURNS = 1_000
"""The newest ones: every two of them are compared."""


class Turn(msgspec.Struct, array_like=True, frozen=True):
    """An account that rested and came back. kept: share of its old topic that is left, 0..1."""

    account: str
    woke: float
    last: float
    rested_s: float
    before: str
    after: str
    kept: float
    words: list[int]
    signal_ids: list[int]


class Least(msgspec.Struct, frozen=True):
    """posts: of the sample on either side; max_kept: of the old topic."""

    posts: int
    max_kept: float


class Alike(msgspec.Struct, frozen=True):
    """What two accounts on one topic have in common: words, and a share of the fewer words."""

    words: int
    share: float


def turn_of(account: str, eras: Sequence[Era], least: Least) -> Turn | None:
    """What changed at the last rest; None where tongue or topic went on, or too little is known.

    An account that wrote the new tongue before has not changed.
    """
    if not eras[1:]:
        return None
    old, new = eras[-2:]
    if min(len(old.marks), len(new.marks)) < least.posts:
        return None
    before, after = main_tongue(old), main_tongue(new)
    if not before or not after or not is_other(before, after):
        return None
    if not all(is_other(mark.tongue, after) for mark in old.marks.values()):
        return None
    kept = overlap(words_of(old), words_of(new))
    if kept > least.max_kept:
        return None
    ids = sorted(mark.signal_id for era in (old, new) for mark in era.marks.values())
    rested = new.first - old.last
    words = sorted(words_of(new))
    return Turn(account, new.first, new.last, rested, before, after, round(kept, 4), words, ids)


def together(turns: Iterable[Turn], within_s: float, alike: Alike) -> list[list[Turn]]:
    """Groups of accounts that came back within a time, in one tongue and on one topic.

    Each group in order of waking.
    """
    ordered = sorted(turns, key=lambda one: (one.woke, one.account))[-MAX_TURNS:]
    postings: dict[tuple[str, int], list[int]] = {}
    for place, turn in enumerate(ordered):
        for word in turn.words:
            postings.setdefault((turn.after, word), []).append(place)
    common: dict[tuple[int, int], int] = {}
    for places in postings.values():
        for at, two in enumerate(places):
            for one in places[:at]:
                if ordered[two].woke - ordered[one].woke <= within_s:
                    common[one, two] = common.get((one, two), 0) + 1
    linked = [
        (one, two)
        for (one, two), number in common.items()
        if number >= alike.words
        and number >= alike.share * min(len(ordered[one].words), len(ordered[two].words))
    ]
    return [[ordered[place] for place in group] for group in hanging_together(linked)]
