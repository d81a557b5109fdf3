"""Invented persons in words and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec

from detectors.base import Condition, FindingDraft, Key
from detectors.emission import at_least, counted, neighbour_links

LLR = 1.0
TEMPLATE = "bio-template"
PERSONA = "persona"
SIGNS = {
    "bio": "bio after one template",
    "reveals": "own texts that speak as a language model",
    "avatar": "made face",
    "turn": "new topic after a rest",
}


class Suspect(msgspec.Struct, array_like=True, frozen=True):
    """An account and what it shows: sign -> signals; template 0 where the bio says nothing."""

    account: str
    template: int
    bio_id: int
    signs: dict[str, list[int]]
    last: float


class Limits(Protocol):
    """The parameters that a finding names."""

    @property
    def min_indicators(self) -> int: ...
    @property
    def bio_accounts(self) -> int: ...


def group_draft(named: Sequence[Suspect], sharing: int, limits: Limits) -> FindingDraft:
    """Accounts with one bio template that show something else as well; sharing: all who have it."""
    counts = Counter(sign for one in named for sign in one.signs)
    others = ", ".join(f"{SIGNS[sign]} of {number}" for sign, number in sorted(counts.items()))
    ids = {id_ for one in named for ids in one.signs.values() for id_ in ids}
    return FindingDraft(
        anchor=Key(TEMPLATE, f"{named[0].template:016x}"),
        subjects=tuple(sorted(one.account for one in named)),
        signal_ids=tuple(sorted(ids | {one.bio_id for one in named})),
        llr=LLR,
        links=neighbour_links(range(len(named)), lambda _a, _b: LLR),
        sentence=(
            f"{counted(len(named), 'account')} of {sharing} with bios after one template; "
            f"besides {others}"
        ),
        first_at=min(one.last for one in named),
        last_at=max(one.last for one in named),
        values={"accounts": len(named), "same_bio": sharing, **counts},
        conditions=(
            at_least("accounts with this bio template", sharing, limits.bio_accounts, "accounts"),
            _least_signs(min(len(one.signs) + 1 for one in named), limits),
        ),
    )


def single_draft(one: Suspect, limits: Limits) -> FindingDraft:
    """One account that shows enough by itself."""
    shown = [SIGNS[sign] for sign in sorted(one.signs)]
    return FindingDraft(
        anchor=Key(PERSONA, one.account),
        subjects=(one.account,),
        signal_ids=tuple(sorted({id_ for ids in one.signs.values() for id_ in ids})),
        llr=LLR,
        sentence=f"1 account with {' and '.join(shown)}",
        first_at=one.last,
        last_at=one.last,
        values={"signs": sorted(one.signs)},
        conditions=(_least_signs(len(one.signs), limits),),
    )


def _least_signs(number: int, limits: Limits) -> Condition:
    return at_least("indicators", number, limits.min_indicators, "indicators")
