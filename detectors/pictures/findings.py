"""Accounts that use one picture, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from detectors.base import Condition, FindingDraft, Key, Tier
from detectors.emission import at_least, counted
from detectors.pictures.hashes import distance
from detectors.pictures.index import far_from, leaders, near, table_of

LLR = 2.0
OPENING_ACCOUNTS = 3
BITS = 256
MAX_PICTURES = 50_000

Seen = tuple[float, int]
"""When an account first used a picture, and the signal that says so."""


class Picture(msgspec.Struct, array_like=True, frozen=True):
    """One hash as it travels to a tick: account -> its first use. sampled: not all accounts."""

    name: str
    uses: dict[str, Seen]
    newest: float
    sampled: bool

    @property
    def first(self) -> Seen:
        """Its first use by anybody."""
        return min(self.uses.values())


class Limits(NamedTuple):
    """Bits, accounts that make a finding, accounts above which a picture is everybody's."""

    distance: int
    accounts: int
    common: int


class Use(NamedTuple):
    """The first use of a group's picture by one account, in order of time."""

    at: float
    signal_id: int
    distance: int


def newest_of(pictures: Sequence[Picture]) -> list[Picture]:
    """At most 50,000 pictures: of more, those that were used last."""
    return sorted(pictures, key=lambda one: (-one.newest, one.name))[:MAX_PICTURES]


def groups_of(
    pictures: Sequence[Picture], stock: Sequence[str], reach: int
) -> tuple[list[list[Picture]], bool]:
    """Copies of one picture together, the oldest first; whether some may be missed.

    Whatever lies near a stock picture belongs to no group.
    """
    ordered = sorted(pictures, key=lambda one: (one.first, one.name))
    table = table_of([one.name for one in ordered])
    if stock:
        far = far_from(table, table_of(stock), reach)
        ordered = [one for one, kept in zip(ordered, far.tolist(), strict=True) if kept]
        table = table[far]
    found = near(table, reach)
    groups: dict[int, list[Picture]] = {}
    for place, leader in enumerate(leaders(len(ordered), found)):
        groups.setdefault(leader, []).append(ordered[place])
    return list(groups.values()), found.truncated


def findings(
    groups: Sequence[Sequence[Picture]], limits: Limits, population: int, *, truncated: bool
) -> Iterator[FindingDraft]:
    """One for each picture on enough accounts, unless it is on too many."""
    for group in groups:
        if sum(len(one.uses) for one in group) < limits.accounts:
            continue  # most pictures are one account's
        uses = uses_of(group[0].name, {one.name: one.uses for one in group})
        if limits.accounts <= len(uses) <= limits.common and not group[0].sampled:
            yield _draft(group, uses, limits, population, truncated=truncated)


def uses_of(root: str, pictures: Mapping[str, Mapping[str, Seen]]) -> dict[str, Use]:
    """Account -> its first use of any of these pictures, by name."""
    found: dict[str, Use] = {}
    for name, uses in pictures.items():
        bits = distance(root, name)
        for account, (at, signal_id) in uses.items():
            use = Use(at, signal_id, bits)
            found[account] = min(use, found.get(account, use))
    return dict(sorted(found.items()))


def spread(uses: Mapping[str, Use]) -> tuple[int, int]:
    """Smallest and largest distance from the oldest picture, its own first use left out."""
    _, *rest = sorted(uses.values())
    bits = [use.distance for use in rest]
    return min(bits), max(bits)


def _draft(
    group: Sequence[Picture],
    uses: Mapping[str, Use],
    limits: Limits,
    population: int,
    *,
    truncated: bool,
) -> FindingDraft:
    number, (low, high) = len(uses), spread(uses)
    platforms = sorted({account.partition(":")[0] for account in uses})
    apart = str(low) if low == high else f"{low}-{high}"
    return FindingDraft(
        anchor=Key("media", f"pdq-{group[0].name}"),
        subjects=tuple(uses),
        signal_ids=tuple(sorted({use.signal_id for use in uses.values()})),
        llr=LLR,
        score=float(high),
        sentence=(
            f"{counted(number, 'account')} on {counted(len(platforms), 'platform')} use one "
            f"picture, distance {apart} of {BITS} bits"
        ),
        first_at=min(use.at for use in uses.values()),
        last_at=max(use.at for use in uses.values()),
        tier=Tier.OPENING if number >= OPENING_ACCOUNTS else Tier.SUPPORTING,
        values={
            "accounts": number,
            "platforms": platforms,
            "copies": len(group),
            "distance_min": low,
            "distance_max": high,
        },
        constants={"population": population, "common_limit": limits.common},
        conditions=(
            at_least("accounts", number, limits.accounts, "accounts"),
            Condition("largest distance", high, "<=", limits.distance, "bits", met=True),
            Condition("not common", number, "<=", limits.common, "accounts", met=True),
        ),
        flags=("truncated",) if truncated else (),
    )
