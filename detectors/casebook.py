"""Campaigns in memory: how they grow, open and merge as evidence comes, with their history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from detectors import folding
from detectors.declared import Declared
from detectors.folding import Standing
from detectors.fusion import Group
from detectors.pairs import Evidence


class Change(NamedTuple):
    """The members of an open case from engine time `at` on."""

    at: float
    case: int
    members: frozenset[str]


@dataclass(slots=True)
class _Campaign:
    """faded: members that no evidence ties to it any more; what is open keeps them."""

    members: frozenset[str]
    is_open: bool
    faded: frozenset[str] = frozenset()
    merged: bool = False
    chances: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Cases:
    """history: every change of an open case, by engine time. declared: groups that say that they
    act together."""

    declared: Declared = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    _all: list[_Campaign] = field(default_factory=list)
    _of: dict[str, set[int]] = field(default_factory=dict)

    def refresh(
        self, accounts: set[str], at: float, about: Callable[[set[str]], Iterable[Evidence]]
    ) -> None:
        """Compute the campaigns around accounts again; each change of an open one is noted."""
        before, groups = folding.settled(
            accounts,
            self._standing,
            lambda names: folding.groups_around(names, about, self._members, self.declared),
        )
        heirs = folding.heirs(before, groups)
        goes_on = {one.key for several in heirs.values() for one in several}
        for ended in folding.dissolved(before, goes_on):
            self._move(ended.key, frozenset(), frozenset())
        for place, group in enumerate(groups):
            continued = [one.key for one in heirs.get(place, [])]
            for merged in continued[1:]:
                self._all[merged].merged = True
                self._move(merged, frozenset(), frozenset())
            everybody = folding.with_faded(group, heirs.get(place, []), groups)
            faded = frozenset(everybody).difference(group.members)
            self._grow(continued[0] if continued else self._begin(), group, faded, at)

    def open_cases(self) -> list[frozenset[str]]:
        """Members of the cases that are open and were not merged into another one."""
        return [one.members | one.faded for one in self._all if one.is_open and not one.merged]

    def groups(self) -> list[frozenset[str]]:
        """What evidence holds together now, opened or not."""
        return [one.members for one in self._all if one.members]

    def watched(self) -> list[frozenset[str]]:
        """Members of the campaigns whose evidence is not enough for a case."""
        return [one.members for one in self._all if not one.is_open and one.members]

    def chances(self) -> dict[str, float]:
        """How sure the evidence is of each account of a campaign, opened or not: 0..1."""
        found: dict[str, float] = {}
        for one in self._all:
            for name in one.members:
                found[name] = max(found.get(name, 0.0), one.chances[name])
        return found

    def named(self) -> frozenset[str]:
        """Everybody who was in an open case at any time."""
        return frozenset(name for change in self.history for name in change.members)

    def ever(self) -> dict[int, frozenset[str]]:
        """Case -> everybody who was ever in it while it was open."""
        found: dict[int, frozenset[str]] = {}
        for change in self.history:
            found[change.case] = found.get(change.case, frozenset()) | change.members
        return found

    def _members(self, accounts: set[str]) -> set[str]:
        return {name for name in accounts if self._of.get(name)}

    def _standing(self, accounts: set[str]) -> list[Standing]:
        keys = sorted({key for name in accounts for key in self._of.get(name, ())})
        known = [(key, self._all[key]) for key in keys]
        return [Standing(key, one.is_open, one.members, one.faded) for key, one in known]

    def _begin(self) -> int:
        self._all.append(_Campaign(frozenset(), is_open=False))
        return len(self._all) - 1

    def _grow(self, key: int, group: Group, faded: frozenset[str], at: float) -> None:
        campaign = self._all[key]
        members, was_open = frozenset(group.members), campaign.is_open
        before = campaign.members | campaign.faded
        self._move(key, members, faded)
        campaign.chances = dict(group.members)
        campaign.is_open |= group.opens  # what has opened never goes back to the watch list
        if campaign.is_open and not (was_open and before == members | faded):
            self.history.append(Change(at, key, members | faded))

    def _move(self, key: int, members: frozenset[str], faded: frozenset[str]) -> None:
        campaign = self._all[key]
        before, now = campaign.members | campaign.faded, members | faded
        for name in before - now:
            self._of[name].discard(key)
        for name in now - before:
            self._of.setdefault(name, set()).add(key)
        campaign.members, campaign.faded = members, faded


class Ledger:
    """The evidence that stands, by the accounts it names."""

    def __init__(self) -> None:
        self._evidence: dict[int, Evidence] = {}
        self._named: dict[str, set[int]] = {}

    def enter(self, number: int, one: Evidence | None) -> set[str]:
        """A finding as it is told now, None where it lapsed. Returns the accounts it touches."""
        before = self._evidence.pop(number, None)
        touched = set(before.subjects) if before is not None else set()
        for name in touched:
            self._named[name].discard(number)
        if one is not None:
            self._evidence[number] = one
            touched.update(one.subjects)
            for name in one.subjects:
                self._named.setdefault(name, set()).add(number)
        return touched

    def about(self, accounts: set[str]) -> list[Evidence]:
        """Standing evidence that names any of these accounts."""
        numbers = {number for name in accounts for number in self._named.get(name, ())}
        return [self._evidence[number] for number in sorted(numbers)]
