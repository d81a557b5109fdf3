"""Lineage with people in it: campaigns they work on keep their members, and changes are offered.

Pure. What nobody touched moves as the evidence says (`folding.heirs`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detectors import folding
from detectors.folding import Standing
from detectors.fusion import Group
from detectors.pairs import Edge
from detectors.scoring import MIN_ACCOUNTS

STRONG: Final = 3.0
BRIDGES: Final = 3
SAME: Final = 0.5
Regroup = Callable[[Collection[str]], Sequence[Group]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the fusion would do and leaves to people: merge with `other`, or let `part` go.

    bridges: strong edges between the two sides that share no account; families: behind them.
    """

    key: int
    other: int | None = None
    part: frozenset[str] = frozenset()
    bridges: int = 0
    families: tuple[str, ...] = ()


@dataclass(slots=True)
class Plan:
    """moves: each group with the campaigns that go on in it, the one that lives on first.

    dissolved: keys of those on the watch list that go on in none.
    """

    moves: list[tuple[Group, list[Standing]]] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    dissolved: list[int] = field(default_factory=list)


def plan(
    before: Sequence[Standing],
    groups: Sequence[Group],
    touched: Collection[int],
    regroup: Regroup,
    freed: Collection[int] = (),
) -> Plan:
    """What becomes of the campaigns `before` now that the evidence makes `groups`.

    touched: keys of those that people work on. regroup: campaigns among given accounts alone.
    freed: keys of those that a person's word changes now.
    """
    found = Plan()
    heirs = folding.heirs(before, groups)
    held = [one for one in before if one.key in touched]
    for place, group in enumerate(groups):
        continued = heirs.get(place, [])
        here = [one for one in held if one.members.intersection(group.members)]
        if here:
            leaving = [one for one in here if one not in continued]
            found.offers += _splits(group, leaving)
            cases = [one for one in continued if one.is_open or one.key in touched]
            found.offers += _merges(group, cases)
            away = frozenset[str]().union(
                *(one.members for one in leaving),
                *(other.members for other in groups if other is not group),
            )
            found.moves += _kept(group, continued, touched, away, regroup)
        else:
            kept = replace(group, members=folding.with_faded(group, continued, groups, freed))
            found.moves.append((kept, continued))
    goes_on = {one.key for _, continued in found.moves for one in continued}
    ended = folding.dissolved(before, goes_on.union(touched))
    found.dissolved = [one.key for one in ended]
    return found


def alike(one: Collection[str], other: Collection[str]) -> bool:
    """Whether two sets of accounts are one for people: half of all is common."""
    common = len(set(one).intersection(other))
    return common >= SAME * len(set(one).union(other))


def _splits(group: Group, leaving: Iterable[Standing]) -> list[Offer]:
    """A part of a campaign whose larger part is elsewhere, or is nowhere."""
    parts = [(one.key, one.members.intersection(group.members)) for one in leaving]
    return [Offer(key, part=part) for key, part in parts if len(part) >= MIN_ACCOUNTS]


def _merges(group: Group, continued: Sequence[Standing]) -> list[Offer]:
    """The first with each other one that strong bridges tie to it."""
    found = []
    for other in continued[1:]:
        lead = continued[0]
        bridges = _independent(_between(group.edges, lead.members, other.members))
        if len(bridges) >= BRIDGES:
            families = sorted({family for edge in bridges for family in edge.parts})
            found.append(Offer(lead.key, other.key, frozenset(), len(bridges), tuple(families)))
    return found


def _between(edges: Iterable[Edge], left: frozenset[str], right: frozenset[str]) -> Iterable[Edge]:
    for edge in edges:
        across = (edge.a in left and edge.b in right) or (edge.a in right and edge.b in left)
        if across and edge.score >= STRONG:
            yield edge


def _independent(edges: Iterable[Edge]) -> list[Edge]:
    """Strongest first, no account twice."""
    seen: set[str] = set()
    found = []
    for edge in edges:
        if not seen.intersection((edge.a, edge.b)):
            seen.update((edge.a, edge.b))
            found.append(edge)
    return found


def _kept(
    group: Group,
    continued: Sequence[Standing],
    touched: Collection[int],
    away: frozenset[str],
    regroup: Regroup,
) -> Iterable[tuple[Group, list[Standing]]]:
    """Every campaign with its own members; accounts of none join the first they hang on.

    What was only watched is no campaign of anybody's: it goes into the first. away: accounts that
    are elsewhere.
    """
    kept = [one for one in continued if one.is_open or one.key in touched]
    watched = [one for one in continued if one not in kept]
    free = set(group.members) - away.union(*(one.members for one in kept))
    for one in kept:
        parts = regroup((one.members & set(group.members)) | free)
        if not parts:
            continue
        best = max(parts, key=lambda part: len(one.members.intersection(part.members)))
        if one.key in touched:
            faded = one.faded.difference(group.members, away)
            gone = dict.fromkeys(sorted((one.members | faded).difference(best.members)), 0.0)
            best = replace(best, members={**best.members, **gone})
        free -= set(best.members)
        inside = [other for other in watched if other.members & set(best.members)]
        watched = [other for other in watched if other not in inside]
        yield best, [one, *inside]
    if len(free) >= MIN_ACCOUNTS:
        parts = regroup(free)
        heirs = folding.heirs(watched, parts)
        yield from ((part, heirs.get(place, [])) for place, part in enumerate(parts))
