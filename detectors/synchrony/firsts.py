"""First shares of all objects of a shard as columns, kept from one tick to the next.

Most objects are of one account and never change again, so that nothing runs for them at a tick.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import compress, islice

import numpy as np

from detectors.base import DAY_S, Key, Signal
from detectors.synchrony.model import Flags, Floats, Ints
from detectors.synchrony.rows import repeats
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers
from detectors.synchrony.tables import (
    NUMBER,
    PLACE,
    TIME,
    Part,
    PartTable,
    collect,
    shares_since,
)

_DAY_BITS, _ACCOUNT_BITS = 11, 28  # 24 are left for objects
_DAYS_BACK = 64
"""Twice as many as any lookback."""
_SPARE = 1 << 16
"""So many numbers may be nobody's any more before all are given anew."""
_AT_ONCE = 1 << 17
"""Shares that wait to be put where they belong, if no tick comes first."""


class FirstShares:
    """One row for each object, account and UTC day, as `Sharers` keeps them, in that order.

    A cell holds the numbers of all three; days count from `_base`. Of objects with more accounts
    than are told, which are few, the states are asked.
    """

    def __init__(self, lookback_s: float, secret: bytes) -> None:
        self._lookback_s, self._secret = lookback_s, secret
        self._clear()

    def took(self, key: Key, signal: Signal, state: Sharers) -> None:
        """One share; whether it is the first of its day shows at the tick."""
        if state.sampled:
            self._sampled.add(key)
        self._fresh.append((key, signal.account, signal.at, signal.id))
        if len(self._fresh) >= _AT_ONCE:
            self._take_in()

    def dropped(self, keys: Sequence[Key]) -> None:
        """These objects are gone with all their shares."""
        self._take_in()
        gone = np.zeros(len(self._keys), dtype=np.bool_)
        gone[[code for key in keys if (code := self._objects.pop(key, None)) is not None]] = True
        self._keep(~gone[self._object(self._cell)])
        self._sampled.difference_update(keys)

    def begin(self, states: Mapping[Key, Sharers]) -> None:
        """Take every share from the states."""
        self._clear()
        self._sampled |= {key for key, state in states.items() if state.sampled}
        self._fresh += [
            (key, account, at, id_)
            for key, state in states.items()
            for account, days in state.shares.items()
            for at, id_ in days
        ]

    def part(self, clock: float, states: Mapping[Key, Sharers]) -> list[Part]:
        """First shares inside the lookback: of most objects, and of the crowded ones."""
        since = clock - self._lookback_s
        self._take_in()
        self._keep(self._day(self._cell) >= since // DAY_S - self._base)
        rows = np.flatnonzero(self._at >= since)
        rows = rows[~repeats(self._cell[rows] >> _DAY_BITS)]
        objects = self._object(self._cell[rows])
        count = np.bincount(objects, minlength=len(self._keys))
        crowded = count > MAX_ACCOUNTS
        crowded[[self._objects[key] for key in self._sampled]] = True
        told = [self._told(rows[~crowded[objects]], count)]
        if crowded.any():
            keys = (self._keys[code] for code in np.flatnonzero(crowded).tolist())
            told.append(collect(shares_since({k: states[k] for k in keys}, since, self._secret)))
        self._renumber()
        return told

    def _clear(self) -> None:
        self._fresh: list[tuple[Key, str, float, int]] = []
        self._sampled: set[Key] = set()
        self._objects: dict[Key, int] = {}
        self._keys: list[Key] = []
        self._kinds: dict[str, int] = {}
        self._kind: Ints = np.zeros(0, dtype=np.int64)
        self._people: dict[str, int] = {}
        self._ordered: list[str] = []
        self._order: Ints = np.zeros(0, dtype=np.int64)
        self._base = 0.0
        self._cell: Ints = np.zeros(0, dtype=np.int64)
        self._at: Floats = np.zeros(0)
        self._signal: Ints = np.zeros(0, dtype=np.int64)

    @staticmethod
    def _day(cell: Ints) -> Ints:
        return cell & (1 << _DAY_BITS) - 1

    @staticmethod
    def _account(cell: Ints) -> Ints:
        return cell >> _DAY_BITS & (1 << _ACCOUNT_BITS) - 1

    @staticmethod
    def _object(cell: Ints) -> Ints:
        return cell >> _DAY_BITS + _ACCOUNT_BITS

    def _keep(self, some: Flags) -> None:
        if not some.all():
            self._cell, self._at = self._cell[some], self._at[some]
            self._signal = self._signal[some]

    def _take_in(self) -> None:
        """Put what is new where it belongs."""
        if not self._fresh:
            return
        keys, accounts, at, ids = zip(*self._fresh, strict=True)
        self._fresh = []
        pair = self._numbers(keys) << _ACCOUNT_BITS | self._persons(accounts)
        self._put(pair, np.array(at), np.array(ids, dtype=np.int64))

    def _numbers(self, keys: Sequence[Key]) -> Ints:
        """The numbers of objects, new ones among them."""
        objects, known = self._objects, len(self._keys)
        for key in keys:
            if key not in objects:
                objects[key] = len(self._keys)
                self._keys.append(key)
        kinds = [self._kinds.setdefault(key.type, len(self._kinds)) for key in self._keys[known:]]
        self._kind = np.append(self._kind, np.array(kinds, dtype=np.int64))
        return np.fromiter(map(objects.__getitem__, keys), dtype=np.int64, count=len(keys))

    def _persons(self, accounts: Sequence[str]) -> Ints:
        people = self._people
        for account in accounts:
            people.setdefault(account, len(people))
        return np.fromiter(map(people.__getitem__, accounts), dtype=np.int64, count=len(accounts))

    def _by_label(self) -> Ints:
        """The numbers of all accounts in the order of their labels; few of them are new."""
        new = sorted(islice(self._people, len(self._ordered), None))
        if new:
            places = [bisect_left(self._ordered, name) for name in new]
            numbers = [self._people[name] for name in new]
            self._order = np.insert(self._order, places, numbers)
            self._ordered = sorted(self._ordered + new)
        return self._order

    def _put(self, pair: Ints, at: Floats, signal: Ints) -> None:
        """Rows in any order; of one object, account and day the earliest stays."""
        day = np.floor_divide(at, DAY_S)
        self._rebase(float(day.max()))
        recent = day >= self._base
        pair, day, at, signal = pair[recent], day[recent], at[recent], signal[recent]
        cell = pair << _DAY_BITS | (day - self._base).astype(np.int64)
        order = np.lexsort((signal, at, cell))
        order = order[~repeats(cell[order])]
        cell, at, signal = cell[order], at[order], signal[order]
        place = np.searchsorted(self._cell, cell)
        known = np.append(self._cell, -1)[place] == cell
        self._improve(place[known], at[known], signal[known])
        place, new = place[~known], ~known
        self._cell = np.insert(self._cell, place, cell[new])
        self._at = np.insert(self._at, place, at[new])
        self._signal = np.insert(self._signal, place, signal[new])

    def _improve(self, place: Ints, at: Floats, signal: Ints) -> None:
        """Of shares on one day the earlier stays, of those at one time that with the lower id."""
        was_at, was_signal = self._at[place], self._signal[place]
        better = (at < was_at) | ((at == was_at) & (signal < was_signal))
        self._at[place[better]], self._signal[place[better]] = at[better], signal[better]

    def _rebase(self, newest: float) -> None:
        """Have days count so that the newest one finds room."""
        base = newest - _DAYS_BACK
        if not len(self._cell):
            self._base = base
        elif newest - self._base >= 1 << _DAY_BITS:
            self._keep(self._day(self._cell) >= base - self._base)
            self._cell -= int(base - self._base)
            self._base = base

    def _told(self, rows: Ints, count: Ints) -> Part:
        """Columns of these first shares. count: accounts of each object."""
        cell = self._cell[rows]
        objects, accounts = self._object(cell), self._account(cell)
        order = self._by_label()
        people = (np.bincount(accounts, minlength=len(order)) > 0)[order]
        names = [*compress(self._ordered, people.tolist())]
        place = np.zeros(len(order), dtype=np.int64)
        place[order] = np.cumsum(people) - 1
        accounts = place[accounts]
        kind = self._kind[objects]
        alone = count[objects] == 1
        tables = {}
        for name, number in self._kinds.items():
            of_kind = kind == number
            if of_kind.any():
                lone = np.bincount(accounts[of_kind & alone], minlength=len(names))
                some = of_kind & ~alone
                tables[name] = self._table(rows[some], objects[some], accounts[some], lone)
        return Part(accounts=names, tables=tables)

    def _table(self, rows: Ints, objects: Ints, accounts: Ints, alone: Ints) -> PartTable:
        first = ~repeats(objects)
        return PartTable(
            objects=[self._keys[code].value for code in objects[first].tolist()],
            object=(np.cumsum(first) - 1).astype(PLACE).tobytes(),
            account=accounts.astype(PLACE).tobytes(),
            at=self._at[rows].astype(TIME).tobytes(),
            signal=self._signal[rows].astype(NUMBER).tobytes(),
            alone=alone.astype(PLACE).tobytes(),
            sampled=False,
        )

    def _renumber(self) -> None:
        """Give numbers anew when most of them are nobody's any more."""
        used = np.bincount(self._account(self._cell), minlength=len(self._people)) > 0
        objects, people = len(self._objects), int(used.sum())
        if len(self._keys) <= 2 * objects + _SPARE and len(self._people) <= 2 * people + _SPARE:
            return
        place = np.zeros(len(self._keys), dtype=np.int64)
        codes = np.fromiter(self._objects.values(), dtype=np.int64, count=objects)
        place[codes] = np.arange(objects)
        pair = place[self._object(self._cell)] << _ACCOUNT_BITS
        pair |= (np.cumsum(used) - 1)[self._account(self._cell)]
        self._cell = pair << _DAY_BITS | self._day(self._cell)
        self._keys, self._kind = [*self._objects], self._kind[codes]
        self._objects = dict(zip(self._keys, range(objects), strict=True))
        kept = (name for name, is_used in zip(self._people, used.tolist(), strict=True) if is_used)
        self._people, self._ordered = dict(zip(kept, range(people), strict=True)), []
        self._order = self._order[:0]
