"""Postings by object type: what shards hand to a tick, and their merge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from detectors.base import Key
from detectors.synchrony.model import Postings

POOLED = "any"
COARSE_STEP_S = 60
CLOCK_MIN_POSTINGS = 4


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
    object: Sequence[int]
    account: Sequence[int]
    at: Sequence[float]
    signal: Sequence[int]
    alone: Mapping[str, int]
    sampled: bool

    def postings(self, steps: Mapping[str, int]) -> Postings:
        """What the test reads. steps: platform -> clock step (s)."""
        step = np.array([steps.get(platform_of(label), 0) for label in self.accounts])
        return Postings(
            object=self.object,
            account=self.account,
            at=self.at,
            signal=self.signal,
            accounts=self.accounts,
            alone=[self.alone.get(label, 0) for label in self.accounts],
            step=step[np.asarray(self.account, dtype=np.int64)],
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
        table["objects"].append(key.value)
        table["sizes"].append(len(accounts))
        table["accounts"] += accounts
        table["at"] += [at for at, _ in accounts.values()]
        table["signals"] += [signal for _, signal in accounts.values()]
        table["sampled"] = table["sampled"] or sampled
    return tables


def merge(parts: Sequence[Mapping[str, PartTable]]) -> dict[str, Table]:
    """One table per type from all shards, the same for any split."""
    kinds = sorted({kind for part in parts for kind in part})
    return {kind: _merged(kind, [part[kind] for part in parts if kind in part]) for kind in kinds}


def pooled(tables: Mapping[str, Table]) -> Iterator[Table]:
    """All types as one, when there is more than one to pool."""
    full = [table for table in tables.values() if table.at]
    if len(full) <= 1:
        return
    alone: dict[str, int] = {}
    for table in tables.values():
        for account, count in table.alone.items():
            alone[account] = alone.get(account, 0) + count
    objects = [table.objects[index] for table in full for index in table.object]
    accounts = [table.accounts[index] for table in full for index in table.account]
    at = [moment for table in full for moment in table.at]
    signals = [signal for table in full for signal in table.signal]
    sampled = any(table.sampled for table in full)
    yield _table(POOLED, objects, accounts, at, signals, alone, sampled=sampled)


def clock_steps(tables: Iterable[Table]) -> dict[str, int]:
    """Clock step (s) of each platform that knows whole minutes only, by its own times.

    On such a clock strangers look simultaneous, so windows below a minute say nothing.
    """
    times: dict[str, set[float]] = {}
    for table in tables:
        names = [platform_of(label) for label in table.accounts]
        for account, at in zip(table.account, table.at, strict=True):
            times.setdefault(names[account], set()).add(at)
    return {
        platform: COARSE_STEP_S
        for platform, seen in sorted(times.items())
        if len(seen) >= CLOCK_MIN_POSTINGS and not any(at % COARSE_STEP_S for at in seen)
    }


def _empty() -> PartTable:
    return PartTable(objects=[], sizes=[], accounts=[], at=[], signals=[], alone={}, sampled=False)


def _merged(kind: str, parts: Sequence[PartTable]) -> Table:
    objects: list[Key] = []
    alone: dict[str, int] = {}
    for part in parts:
        for value, size in zip(part["objects"], part["sizes"], strict=True):
            objects += [Key(kind, value)] * size
        for account, count in part["alone"].items():
            alone[account] = alone.get(account, 0) + count
    accounts = [account for part in parts for account in part["accounts"]]
    at = [moment for part in parts for moment in part["at"]]
    signals = [signal for part in parts for signal in part["signals"]]
    sampled = any(part["sampled"] for part in parts)
    return _table(kind, objects, accounts, at, signals, alone, sampled=sampled)


def _table(
    kind: str,
    objects: Sequence[Key],
    accounts: Sequence[str],
    at: Sequence[float],
    signals: Sequence[int],
    alone: Mapping[str, int],
    *,
    sampled: bool,
) -> Table:
    """Labels become indices in sorted order, so that the order of shards leaves no trace."""
    things, people = sorted(set(objects)), sorted(set(accounts))
    thing = {label: index for index, label in enumerate(things)}
    person = {label: index for index, label in enumerate(people)}
    return Table(
        kind=kind,
        objects=tuple(things),
        accounts=tuple(people),
        object=[thing[label] for label in objects],
        account=[person[label] for label in accounts],
        at=at,
        signal=signals,
        alone=alone,
        sampled=sampled,
    )
