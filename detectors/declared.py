"""Campaigns among accounts of which some have declared that they act together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from detectors import fusion, scoring
from detectors.fusion import Group
from detectors.pairs import Apart, Evidence, score_pairs

Declared = Mapping[int, frozenset[str]]
"""Id of a declared group -> its accounts."""


def judged_groups(
    evidence: Sequence[Evidence],
    accounts: Sequence[str],
    declared: Declared,
    apart: Collection[Apart] = (),
) -> list[Group]:
    """Campaigns, largest first, then those that are wholly inside one declared group.

    Pairs of a declared group lose weight, so that members do not draw others into a campaign only
    by acting together. What they do together is still told, and opens nothing.
    """
    pairs = score_pairs(evidence, accounts, declared.values(), apart)
    found = [
        group
        for group in fusion.groups_of(pairs, evidence)
        if not any(names.issuperset(group.members) for names in declared.values())
    ]
    known: list[Group] = []
    for group in _inside(evidence, accounts, declared):
        if not any(set(group.members) <= set(other.members) for other in known):
            known.append(group)
    return [*found, *known]


def _inside(
    evidence: Sequence[Evidence], accounts: Sequence[str], declared: Declared
) -> Iterator[Group]:
    for id_, names in sorted(declared.items()):
        members = sorted(names.intersection(accounts))
        if len(members) < scoring.MIN_ACCOUNTS:
            continue
        for group in fusion.groups_of(score_pairs(evidence, members), evidence):
            yield replace(group, declared=id_, opens=False)
