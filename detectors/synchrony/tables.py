"""Postings by object type: what shards hand to a tick, and their merge."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from operator import eq
from typing import TypedDict

import numpy as np

from detectors.base import Key
from detectors.synchrony.model import Floats, Ints, Postings
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers, sample

POOLED = "any"
COARSE_STEP_S = 60
CLOCK_MIN_POSTINGS = 4
PLACE, TIME, NUMBER = np.dtype("<i4"), np.dtype("<f8"), np.dtype("<i8")
"""Columns of a part: places among labels and counts, seconds, ids of signals."""
Shares = Mapping[str, tuple[float, int]]
"""Account -> its first share of an object."""


class PartTable(TypedDict):
    """One object type of one shard, plain data; columns are bytes, one entry a share.

    objects: labels; object, account: places among the labels of objects and accounts; at, signal:
    when and by which signal; alone: for every account, objects that only it shared.
    """

    objects: list[str]
    object: bytes
    account: bytes
    at: bytes
    signal: bytes
    alone: bytes
    sampled: bool


class Part(TypedDict):
    """All object types of one shard. accounts: labels, in any order."""

    accounts: list[str]
    tables: dict[str, PartTable]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Labels, sorted, and the platforms that they name. platform: place of each one's."""

    labels: tuple[str, ...]
    platforms: tuple[str, ...]
    platform: Ints

    @classmethod
    def of(cls, labels: Iterable[str]) -> Accounts:
        """Of distinct labels in any order. In order those of one platform stand together."""
        ordered = sorted(labels)
        starts, platforms = list[int](), list[str]()
        place = 0
        while place < len(ordered):
            name, colon, _ = ordered[place].partition(":")
            starts.append(place)
            platforms.append(name)
            place = bisect_left(ordered, f"{name};", place) if colon else place + 1
        size = np.array([end - start for start, end in pairwise([*starts, len(ordered)])])
        return cls(
            tuple(ordered), tuple(platforms), np.repeat(np.arange(len(size)), size.astype(np.int64))
        )


@dataclass(frozen=True, slots=True)
class Table:
    """All postings of one type. objects: labels, sorted; who: accounts of all types together;
    alone: (accounts,) objects that only this one shared; the rest one entry per row, in the order
    of (object, account)."""

    kind: str
    objects: tuple[Key, ...]
    who: Accounts
    object: Ints
    account: Ints
    at: Floats
    signal: Ints
    alone: Ints
    sampled: bool

    @property
    def accounts(self) -> tuple[str, ...]:
        """Labels of accounts, sorted; not all of them have a row."""
        return self.who.labels

    def postings(self, steps: Mapping[str, int]) -> Postings:
        """What the test reads. steps: platform -> clock step (s)."""
        step = np.array([steps.get(name, 0) for name in self.who.platforms], dtype=np.int64)
        coarse = bool(step.any())
        return Postings(
            object=self.object,
            account=self.account,
            at=self.at,
            signal=self.signal,
            accounts=self.accounts,
            alone=self.alone,
            step=step[self.who.platform[self.account]] if coarse else 0.0,
        )


@dataclass(slots=True)
class _Gathered:
    """Rows of one type while they are gathered. object, account: places among the labels."""

    objects: list[str] = field(default_factory=list)
    object: list[int] = field(default_factory=list)
    account: list[int] = field(default_factory=list)
    shares: list[tuple[float, int]] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)
    sampled: bool = False

    def told(self, accounts: int) -> PartTable:
        at, signal = zip(*self.shares, strict=True) if self.shares else ((), ())
        return PartTable(
            objects=self.objects,
            object=np.array(self.object, dtype=PLACE).tobytes(),
            account=np.array(self.account, dtype=PLACE).tobytes(),
            at=np.array(at, dtype=TIME).tobytes(),
            signal=np.array(signal, dtype=NUMBER).tobytes(),
            alone=np.bincount(np.array(self.alone, dtype=np.int64), minlength=accounts)
            .astype(PLACE)
            .tobytes(),
            sampled=self.sampled,
        )


def platform_of(account: str) -> str:
    """The part of `platform:actor` before the first colon."""
    return account.partition(":")[0]


def collect(
    shares: Iterable[tuple[Key, Shares, bool]], alone: Mapping[str, Mapping[str, int]] | None = None
) -> Part:
    """Columns of first shares; objects of a single account are only counted.

    With each object: whether only a sample of its accounts is known. alone: by type, how many more
    objects only this account shared.
    """
    found: dict[str, _Gathered] = {}
    people: dict[str, int] = {}
    for key, accounts, sampled in shares:
        table = found.setdefault(key.type, _Gathered())
        who = [people.setdefault(account, len(people)) for account in accounts]
        if len(who) == 1:
            table.alone += who
            continue
        table.object += [len(table.objects)] * len(who)
        table.objects.append(key.value)
        table.account += who
        table.shares += accounts.values()
        table.sampled = table.sampled or sampled
    for kind, counts in (alone or {}).items():
        if kind in found:
            for account, place in people.items():
                found[kind].alone += [place] * counts.get(account, 0)
    tables = {kind: table.told(len(people)) for kind, table in found.items()}
    return Part(accounts=[*people], tables=tables)


def collect_since(states: Mapping[Key, Sharers], since: float, secret: bytes) -> Part:
    """`collect` of first shares in the lookback; of many accounts the keyed sample."""
    return collect(shares_since(states, since, secret))


def shares_since(
    states: Mapping[Key, Sharers], since: float, secret: bytes
) -> Iterator[tuple[Key, Shares, bool]]:
    """First shares of each object that has any in the lookback."""
    for key, state in states.items():
        if state.newest < since:
            continue
        shares = state.first_since(since)
        if len(shares) > MAX_ACCOUNTS:
            yield key, {account: shares[account] for account in sample([*shares], secret)}, True
        elif shares:
            yield key, shares, state.sampled


def merge(parts: Sequence[Part]) -> dict[str, Table]:
    """One table per type from all shards, the same for any split."""
    labels = [part["accounts"] for part in parts]
    who = Accounts.of(labels[0] if len(labels) == 1 else {*chain.from_iterable(labels)})
    renamed = [places(part["accounts"], who.labels) for part in parts]
    kinds = sorted({kind for part in parts for kind in part["tables"]})
    return {
        kind: _merged(
            kind,
            who,
            [
                (part["tables"][kind], place)
                for part, place in zip(parts, renamed, strict=True)
                if kind in part["tables"]
            ],
        )
        for kind in kinds
    }


def pooled(tables: Mapping[str, Table]) -> Iterator[Table]:
    """All types as one, when there is more than one to pool."""
    full = [table for table in tables.values() if len(table.at)]
    if len(full) <= 1:
        return
    before = accumulate((len(table.objects) for table in full), initial=0)
    moved = [table.object + start for table, start in zip(full, before, strict=False)]
    yield Table(
        kind=POOLED,
        objects=tuple(chain.from_iterable(table.objects for table in full)),
        who=full[0].who,
        object=np.concatenate(moved),
        account=np.concatenate([table.account for table in full]),
        at=np.concatenate([table.at for table in full]),
        signal=np.concatenate([table.signal for table in full]),
        alone=np.sum([table.alone for table in tables.values()], axis=0),
        sampled=any(table.sampled for table in full),
    )


def clock_steps(tables: Iterable[Table]) -> dict[str, int]:
    """Clock step (s) of each platform that knows whole minutes only, by its own times.

    On such a clock strangers look simultaneous, so windows below a minute say nothing.
    """
    told = [(table, table.who.platform[table.account]) for table in tables]
    fine: set[str] = set()
    for table, platform in told:
        on_fine = np.bincount(platform[table.at % COARSE_STEP_S != 0])
        fine |= {table.who.platforms[place] for place in np.flatnonzero(on_fine).tolist()}
    minutes: dict[str, set[float]] = {}
    for table, platform in told:
        coarse = np.array([name not in fine for name in table.who.platforms], dtype=np.bool_)
        rows = np.flatnonzero(coarse[platform]) if coarse.any() else platform[:0]
        for place, moment in zip(platform[rows].tolist(), table.at[rows].tolist(), strict=True):
            minutes.setdefault(table.who.platforms[place], set()).add(moment)
    return {
        platform: COARSE_STEP_S
        for platform, seen in sorted(minutes.items())
        if len(seen) >= CLOCK_MIN_POSTINGS
    }


def places(labels: Sequence[str], ordered: Sequence[str]) -> Ints:
    """Where each label stands among all of them."""
    if len(labels) == len(ordered) and all(map(eq, labels, ordered)):
        return np.arange(len(ordered))
    place = dict(zip(ordered, range(len(ordered)), strict=True))
    return np.fromiter(map(place.__getitem__, labels), dtype=np.int64, count=len(labels))


def _merged(kind: str, who: Accounts, parts: Sequence[tuple[PartTable, Ints]]) -> Table:
    """Labels become indices in sorted order, so that the order of shards leaves no trace.

    parts: with the places of their accounts among all.
    """
    objects = [value for part, _ in parts for value in part["objects"]]
    before = accumulate((len(part["objects"]) for part, _ in parts), initial=0)
    things = sorted(set(objects))
    place = places(objects, things)
    alone = np.zeros(len(who.labels), dtype=np.int64)
    for part, renamed in parts:
        alone[renamed] += np.frombuffer(part["alone"], PLACE)
    object_ = np.concatenate(
        [
            place[start + np.frombuffer(part["object"], PLACE)]
            for start, (part, _) in zip(before, parts, strict=False)
        ]
    )
    account = np.concatenate(
        [renamed[np.frombuffer(part["account"], PLACE)] for part, renamed in parts]
    )
    order = np.argsort(object_ * len(who.labels) + account)
    at = np.concatenate([np.frombuffer(part["at"], TIME) for part, _ in parts])
    signal = np.concatenate([np.frombuffer(part["signal"], NUMBER) for part, _ in parts])
    return Table(
        kind=kind,
        objects=tuple(Key.each(kind, things)),
        who=who,
        object=object_[order],
        account=account[order],
        at=at[order],
        signal=signal[order],
        alone=alone,
        sampled=any(part["sampled"] for part, _ in parts),
    )
