"""Keys that are numbers: found, looked up and forgotten in columns, a page at a time.

A detector of texts has twenty keys for each, and nearly none of them is ever met again. As objects
they would be most of its work, and fill the memory that all other detectors work in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.base import Key
from detectors.history import Place
from detectors.minhash import Hashes, digits

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_GONE: Final = float("nan")
"""Time in the row of a key that is lone no more: no moment lies before or after it."""
_PLACE, _NUMBER, _TIME, _ID = "<i4", "<u8", "<f8", "<i8"
_RUN: Final = 1 << 17
"""Keys of a run that is long enough."""
_SHORT: Final = 8
"""Short runs that are looked through one by one."""
_SLOTS: Final = 8
"""Slots of the sieve for each key: so many keys that are new are looked for in vain."""
Told = tuple[bytes, bytes, bytes]
"""Lone keys as plain data: columns of number, time and id of the only signal."""


class Numbered:
    """Keys of one type whose values are 64-bit numbers in 16 hexadecimal digits."""

    __slots__ = ("kind", "numbers")

    def __init__(self, kind: str, numbers: Hashes) -> None:
        self.kind, self.numbers = kind, numbers

    def __iter__(self) -> Iterator[Key]:
        return Key.each(self.kind, digits(self.numbers))


class Column(msgspec.Struct, array_like=True, frozen=True):
    """Numbered keys of consecutive signals, by place of the signal, as columns in bytes."""

    places: bytes = b""
    numbers: bytes = b""

    @classmethod
    def each_of(cls, found: Sequence[tuple[int, Numbered]], of: int) -> tuple[Column, ...]:
        """The keys of some places, in order, divided by shard."""
        if not found:
            return (cls(),) * of
        sizes = [len(one.numbers) for _, one in found]
        places = np.repeat(np.array([place for place, _ in found], dtype=_PLACE), sizes)
        numbers = np.concatenate([one.numbers for _, one in found])
        if of == 1:
            return (cls._told(places, numbers),)
        shard = numbers % np.uint64(of)
        return tuple(cls._told(places[shard == n], numbers[shard == n]) for n in range(of))

    @classmethod
    def _told(cls, places: npt.NDArray[np.int32], numbers: Hashes) -> Column:
        return cls(places.tobytes(), numbers.astype(_NUMBER).tobytes())

    def read(self) -> tuple[Ints, Hashes]:
        """Places and numbers."""
        places = np.frombuffer(self.places, _PLACE).astype(np.int64)
        return places, np.frombuffer(self.numbers, _NUMBER).astype(np.uint64)

    def part(self, start: int, stop: int) -> Column:
        """Those of the signals from `start` up to `stop`."""
        places, numbers = self.read()
        some = slice(*np.searchsorted(places, [start, stop]).tolist())
        return self._told((places[some] - start).astype(_PLACE), numbers[some])


class _Run(NamedTuple):
    """Lone keys in order of number, each once, with their only signal."""

    number: Hashes
    at: Floats
    id: Ints

    @classmethod
    def of(cls, runs: Sequence[_Run]) -> _Run:
        """All of them in one."""
        run = cls(*map(np.concatenate, zip(*runs, strict=True)))
        return run.take(np.argsort(run.number, kind="stable"))

    def take(self, some: Flags | Ints) -> _Run:
        """Some of them."""
        return _Run(self.number[some], self.at[some], self.id[some])

    def find(self, numbers: Hashes) -> Ints:
        """Where those of these numbers are that are here."""
        place: Ints = np.searchsorted(self.number, numbers)
        place[place == len(self.number)] = 0
        return place.compress(self.number[place] == numbers)


class Ahead(NamedTuple):
    """What is known of a page before it is gone over. by_name: for each place that has numbered
    keys, the values of those that were touched before or are touched twice; woken: of those that
    were lone until now, the value and the place of the only signal."""

    by_name: dict[int, list[str]]
    woken: list[tuple[str, Place]]


class LoneNumbers:
    """Numbered keys that one signal touched, in runs in the order in which they came.

    So that nothing is moved when keys pass: a run goes when its last one has. Most keys of a page
    are new, which a sieve of their upper bits tells of nearly all of them; it holds the keys that
    are known by name as well.
    """

    def __init__(self) -> None:
        self._runs, self._short = list[_Run](), list[_Run]()
        self._keep_s, self._settled = 0.0, float("-inf")
        self._sieve: Flags = np.zeros(2, np.bool_)
        self._shift = np.uint64(63)
        self._sifted = 0
        # the new keys of a page, in order of number
        self._places: Ints = np.zeros(0, np.int64)
        self._numbers: Hashes = np.zeros(0, np.uint64)
        self._taken = list[tuple[int, float, int]]()

    def __len__(self) -> int:
        self._enter_taken()
        runs = (*self._runs, *self._short)
        return sum(int(np.count_nonzero(self._are_lone(run))) for run in runs)

    def look_ahead(self, column: Column, named: Collection[str]) -> Ahead:
        """Begin with a page. Its new keys are entered as `took` tells of their signals.

        named: values of the keys that are known by name.
        """
        self._enter_taken()
        places, numbers = column.read()
        by_name: dict[int, list[str]] = {place: [] for place in _changes(places).tolist()}
        self._make_sieve(named, len(numbers))
        order = np.argsort(numbers)
        ordered = numbers[order]
        slots = ordered >> self._shift  # in order, which the processor's cache likes
        maybe = self._sieve[slots]
        self._sieve[slots] = True
        self._sifted += len(slots)
        again = ordered[1:] == ordered[:-1]
        maybe[1:] |= again
        maybe[:-1] |= again
        some = _changes(ordered[maybe])
        woken = self._woken(some)
        names = {value for value, _ in woken}.union(digits(ordered[1:][again]))
        met = np.array([one in names or one in named for one in digits(some)], np.bool_)
        maybe[maybe] = met[np.searchsorted(some, ordered[maybe])]
        some = np.sort(order[maybe])
        for place, value in zip(places[some].tolist(), digits(numbers[some]), strict=True):
            by_name[place].append(value)
        self._places, self._numbers = places[order[~maybe]], ordered[~maybe]
        return Ahead(by_name, woken)

    def took(self, place: int, told: Place) -> None:
        """The signal at this place of the page touched its keys."""
        self._taken.append((place, *told))

    def pass_by(self, keep_s: float, settled: float) -> None:
        """Forget those that were touched longer than `keep_s` before `settled`."""
        self._enter_taken()
        self._keep_s, self._settled = keep_s, settled
        self._runs = [run for run in self._runs if self._are_lone(run).any()]

    def times(self) -> Floats:
        """When each was touched."""
        return self._lone().at

    def values_at(self, moment: float) -> list[str]:
        """Those that were touched then."""
        run = self._lone()
        return list(digits(run.number[run.at == moment]))

    def drop(self, before: float, values: Collection[str]) -> None:
        """Forget those of before a moment, and these."""
        run = self._lone()
        passed = (run.at < before) | _among(_numbers_of(values), run.number)
        self._runs, self._short = [run.take(~passed)], []

    def dump(self) -> Told:
        """All of them as plain data."""
        number, at, ids = self._lone()
        return (
            number.astype(_NUMBER).tobytes(),
            at.astype(_TIME).tobytes(),
            ids.astype(_ID).tobytes(),
        )

    def load(self, told: Told) -> None:
        """Continue from a dump."""
        number, at, ids = told
        run = _Run(
            np.frombuffer(number, _NUMBER).astype(np.uint64),
            np.frombuffer(at, _TIME).astype(np.float64),
            np.frombuffer(ids, _ID).astype(np.int64),
        )
        self._runs, self._short, self._taken, self._sifted = [run], [], [], 0
        self._sieve = np.zeros(2, np.bool_)

    def _woken(self, numbers: Hashes) -> list[tuple[str, Place]]:
        """Those of these that were lone until now."""
        woken = list[tuple[str, Place]]()
        for run in (*self._runs, *self._short):
            some = run.find(numbers) if len(run.number) else np.zeros(0, np.int64)
            some = some[run.at[some] + self._keep_s >= self._settled]
            signals = zip(run.at[some].tolist(), run.id[some].tolist(), strict=True)
            woken += zip(digits(run.number[some]), signals, strict=True)
            run.at[some] = _GONE
        return woken

    def _make_sieve(self, named: Collection[str], more: int) -> None:
        """Have room for so many more in the sieve, without those that have gone."""
        if _SLOTS * (self._sifted + more) <= len(self._sieve):
            return
        known = _numbers_of(named)
        bits = (_SLOTS * 2 * (len(self) + len(known) + more)).bit_length()
        self._sieve, self._shift = np.zeros(1 << bits, np.bool_), np.uint64(64 - bits)
        self._sifted = 0
        lone = (run.number[self._are_lone(run)] for run in (*self._runs, *self._short))
        for numbers in (known, *lone):
            self._sieve[numbers >> self._shift] = True
            self._sifted += len(numbers)

    def _enter_taken(self) -> None:
        """Enter the new keys of the signals that were taken in."""
        if self._taken and len(self._places):
            places, at, ids = zip(*self._taken, strict=True)
            row = np.full(max(int(self._places.max()), places[-1]) + 1, -1)
            row[[*places]] = np.arange(len(places))
            row = row[self._places]
            some = np.flatnonzero(row >= 0)
            row = row[some]
            self._enter(_Run(self._numbers[some], np.array(at)[row], np.array(ids)[row]))
        self._taken = []

    def _enter(self, run: _Run) -> None:
        self._short.append(run)
        size = sum(len(one.number) for one in self._short)
        if size < _RUN and len(self._short) < _SHORT:
            return
        short = _Run.of(self._short)
        self._runs, self._short = (
            ([*self._runs, short], []) if size >= _RUN else (self._runs, [short])
        )

    def _lone(self) -> _Run:
        """All of them in one run."""
        self._enter_taken()
        runs = [run.take(self._are_lone(run)) for run in (*self._runs, *self._short)]
        return _Run.of([_none(), *runs])

    def _are_lone(self, run: _Run) -> Flags:
        flags: Flags = run.at + self._keep_s >= self._settled
        return flags


def _none() -> _Run:
    return _Run(np.zeros(0, np.uint64), np.zeros(0), np.zeros(0, np.int64))


def _changes(ordered: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Each value once."""
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _among(some: Hashes, numbers: Hashes) -> Flags:
    """Which numbers are among some that are in order."""
    if not len(some):
        return np.zeros(len(numbers), np.bool_)
    place = np.searchsorted(some, numbers)
    place[place == len(some)] = 0
    flags: Flags = some[place] == numbers
    return flags


def _numbers_of(values: Collection[str]) -> Hashes:
    """In order, each once."""
    told = bytes.fromhex("".join(values))
    return np.unique(np.frombuffer(told, ">u8").astype(np.uint64))
