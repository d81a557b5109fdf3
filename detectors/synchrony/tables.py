"""Postings by object type: what shards hand to a tick, and their merge."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

from detectors.base import Key
from detectors.synchrony.model import Floats, Ints, Postings
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers, sample

POOLED = "any"
COARSE_STEP_S = 60
CLOCK_MIN_POSTINGS = 4
T = TypeVar("T", bound=np.generic)


class PartTable(TypedDict):
    """One object type of one shard, plain data. alone: account -> objects that only it shared."""

    objects: list[str]
    sizes: list[int]
    accounts: list[str]
    at: list[float]
    signals: list[int]
    alone: dict[str, int]
    sampled: bool


@dataclass(frozen=True, slots=True)
class Table:
    """All postings of one type. objects, accounts: labels, sorted; the rest one entry per row."""

    kind: str
    objects: tuple[Key, ...]
    accounts: tuple[str, ...]
    object: Ints
    account: Ints
    at: Floats
    signal: Ints
    alone: Mapping[str, int]
    sampled: bool

    def postings(self, steps: Mapping[str, int]) -> Postings:
        """What the test reads. steps: platform -> clock step (s)."""
        step = np.zeros(len(self.accounts), dtype=np.int64)
        if steps:
            step[:] = [steps.get(platform_of(label), 0) for label in self.accounts]
        return Postings(
            object=self.object,
            account=self.account,
            at=self.at,
            signal=self.signal,
            accounts=self.accounts,
            alone=[self.alone.get(label, 0) for label in self.accounts],
            step=step[self.account],
        )


def platform_of(account: str) -> str:
    """The part of `platform:actor` before the first colon."""
    return account.partition(":")[0]


def collect(
    shares: Iterable[tuple[Key, Mapping[str, tuple[float, int]], bool]],
) -> dict[str, PartTable]:
    """Columns of first shares; objects of a single account are only counted."""
    tables: dict[str, PartTable] = {}
    for key, accounts, sampled in shares:
        table = tables.get(key.type)
        if table is None:
            table = tables[key.type] = _empty()
        if len(accounts) == 1:
            for account in accounts:
                table["alone"][account] = table["alone"].get(account, 0) + 1
            continue
        at, signals = zip(*accounts.values(), strict=True)
        table["objects"].append(key.value)
        table["sizes"].append(len(accounts))
        table["accounts"] += accounts
        table["at"] += at
        table["signals"] += signals
        table["sampled"] = table["sampled"] or sampled
    return tables


def collect_since(
    states: Mapping[Key, Sharers], since: float, secret: bytes
) -> dict[str, PartTable]:
    """`collect` of first shares in the lookback; of many accounts the keyed sample."""
    alone: dict[str, list[str]] = defaultdict(list)
    tables = collect(_together(states, since, secret, alone))
    for kind, accounts in alone.items():
        table = tables.setdefault(kind, _empty())
        table["alone"] = _sum_of([Counter(accounts), table["alone"]])
    return tables


def _together(
    states: Mapping[Key, Sharers], since: float, secret: bytes, alone: dict[str, list[str]]
) -> Iterator[tuple[Key, Mapping[str, tuple[float, int]], bool]]:
    """The objects of several accounts; of the others the account goes to `alone`, by type.

    Most objects are of the second kind, so nothing is built for them.
    """
    for key, state in states.items():
        if len(state.shares) == 1:
            for account, days in state.shares.items():
                if days[-1][0] >= since:
                    alone[key.type].append(account)
            continue
        if state.newest < since:
            continue
        shares = state.first_since(since)
        if len(shares) > MAX_ACCOUNTS:
            yield key, {account: shares[account] for account in sample([*shares], secret)}, True
        elif shares:
            yield key, shares, state.sampled


def merge(parts: Sequence[Mapping[str, PartTable]]) -> dict[str, Table]:
    """One table per type from all shards, the same for any split."""
    kinds = sorted({kind for part in parts for kind in part})
    return {kind: _merged(kind, [part[kind] for part in parts if kind in part]) for kind in kinds}


def pooled(tables: Mapping[str, Table]) -> Iterator[Table]:
    """All types as one, when there is more than one to pool."""
    full = [table for table in tables.values() if len(table.at)]
    if len(full) <= 1:
        return
    people = sorted({account for table in full for account in table.accounts})
    person = {label: index for index, label in enumerate(people)}
    before = accumulate((len(table.objects) for table in full), initial=0)
    moved = [table.object + start for table, start in zip(full, before, strict=False)]
    yield Table(
        kind=POOLED,
        objects=tuple(thing for table in full for thing in table.objects),
        accounts=tuple(people),
        object=np.concatenate(moved),
        account=np.concatenate([_renamed(table, person) for table in full]),
        at=np.concatenate([table.at for table in full]),
        signal=np.concatenate([table.signal for table in full]),
        alone=_sum_of([table.alone for table in tables.values()]),
        sampled=any(table.sampled for table in full),
    )


def clock_steps(tables: Iterable[Table]) -> dict[str, int]:
    """Clock step (s) of each platform that knows whole minutes only, by its own times.

    On such a clock strangers look simultaneous, so windows below a minute say nothing.
    """
    minutes: dict[str, set[float]] = {}
    fine: set[str] = set()
    for table in tables:
        whole = table.at % COARSE_STEP_S == 0
        on_fine = np.bincount(table.account[~whole], minlength=len(table.accounts))
        fine |= {platform_of(table.accounts[index]) for index in np.flatnonzero(on_fine).tolist()}
        known = zip(table.account[whole].tolist(), table.at[whole].tolist(), strict=True)
        for index, moment in known:
            minutes.setdefault(platform_of(table.accounts[index]), set()).add(moment)
    return {
        platform: COARSE_STEP_S
        for platform, seen in sorted(minutes.items())
        if platform not in fine and len(seen) >= CLOCK_MIN_POSTINGS
    }


def _empty() -> PartTable:
    return PartTable(objects=[], sizes=[], accounts=[], at=[], signals=[], alone={}, sampled=False)


def _merged(kind: str, parts: Sequence[PartTable]) -> Table:
    """Labels become indices in sorted order, so that the order of shards leaves no trace."""
    objects = [value for part in parts for value in part["objects"]]
    sizes = [size for part in parts for size in part["sizes"]]
    accounts = [account for part in parts for account in part["accounts"]]
    things, people = sorted(set(objects)), sorted(dict.fromkeys(accounts))
    return Table(
        kind=kind,
        objects=tuple(Key.each(kind, things)),
        accounts=tuple(people),
        object=np.repeat(_places(objects, things), np.array(sizes, dtype=np.int64)),
        account=_places(accounts, people),
        at=_column((part["at"] for part in parts), np.float64),
        signal=_column((part["signals"] for part in parts), np.int64),
        alone=_sum_of([part["alone"] for part in parts]),
        sampled=any(part["sampled"] for part in parts),
    )


def _column(parts: Iterable[Sequence[float]], kind: type[T]) -> npt.NDArray[T]:
    return np.concatenate([np.array(part, dtype=kind) for part in parts])


def _places(labels: Sequence[str], ordered: Sequence[str]) -> Ints:
    """Where each label stands among all of them."""
    place = {label: index for index, label in enumerate(ordered)}
    return np.fromiter(map(place.__getitem__, labels), dtype=np.int64, count=len(labels))


def _renamed(table: Table, person: Mapping[str, int]) -> Ints:
    """The accounts of a table as the numbers that they have in another one."""
    number = np.array([person[label] for label in table.accounts], dtype=np.int64)
    return number[table.account]


def _sum_of(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """All counts together; the longest is taken as it is."""
    longest, *others = sorted(counts, key=len, reverse=True)
    total = dict(longest)
    for more in others:
        for account, count in more.items():
            total[account] = total.get(account, 0) + count
    return total
