"""How settings fare by what people decided: precision and recall of campaigns, with intervals."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from detectors.calibration.proportion import Share, precision

NAMED: Final = 2
"""Members of a campaign that one finding must name to have found it: one alone is no group."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A campaign that people decided, and whether it was abuse."""

    members: frozenset[str]
    abuse: bool


def found_among(decided: Collection[Decided], findings: Iterable[Collection[str]]) -> list[Decided]:
    """Campaigns of which some finding names enough members; a finding is its accounts."""
    at: dict[str, list[int]] = {}
    campaigns = list(decided)
    for number, one in enumerate(campaigns):
        for name in one.members:
            at.setdefault(name, []).append(number)
    found: set[int] = set()
    for accounts in findings:
        count: dict[int, int] = {}
        for name in accounts:
            for number in at.get(name, ()):
                count[number] = count.get(number, 0) + 1
        found.update(number for number, n in count.items() if n >= NAMED)
    return [campaigns[number] for number in sorted(found)]


def share_confirmed(found: Collection[Decided]) -> Share:
    """Of the decided campaigns that were found, those that were abuse."""
    return precision(sum(one.abuse for one in found), len(found))


def share_found(found: Collection[Decided], known: Collection[Decided]) -> Share:
    """Of the abuse that is known, what was found."""
    return precision(sum(one.abuse for one in found), sum(one.abuse for one in known))
