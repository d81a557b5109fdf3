"""Numbered keys that one signal touched, until a second one comes or their time has passed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np

from detectors.history import Place
from detectors.minhash import Hashes, digits
from detectors.numbered import (
    ID,
    NUMBER,
    TIME,
    Column,
    Flags,
    Floats,
    Ints,
    Run,
    changes,
    no_run,
    numbers_of,
    places_in,
)

_GONE: Final = float("nan")
"""Time in the row of a key that is lone no more: no moment lies before or after it."""
_RUN: Final = 1 << 17
"""Keys of a run that is long enough."""
_SHORT: Final = 8
"""Short runs that are looked through one by one."""
_SLOTS: Final = 8
"""Slots of the sieve for each key: one new key in so many, at most, is looked for in vain."""
Told = tuple[bytes, bytes, bytes]
"""Lone keys as plain data: columns of number, time and id of the only signal."""


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
        self._runs, self._short = list[Run](), list[Run]()
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
        by_name: dict[int, list[str]] = {place: [] for place in changes(places).tolist()}
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
        some = changes(ordered[maybe])
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
        passed = (run.at < before) | places_in(numbers_of(values), run.number)[1]
        self._runs, self._short = [run.take(~passed)], []

    def dump(self) -> Told:
        """All of them as plain data."""
        number, at, ids = self._lone()
        return (
            number.astype(NUMBER).tobytes(),
            at.astype(TIME).tobytes(),
            ids.astype(ID).tobytes(),
        )

    def load(self, told: Told) -> None:
        """Continue from a dump."""
        number, at, ids = told
        run = Run(
            np.frombuffer(number, NUMBER).astype(np.uint64),
            np.frombuffer(at, TIME).astype(np.float64),
            np.frombuffer(ids, ID).astype(np.int64),
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
        known = numbers_of(named)
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
            self._enter(Run(self._numbers[some], np.array(at)[row], np.array(ids)[row]))
        self._taken = []

    def _enter(self, run: Run) -> None:
        self._short.append(run)
        size = sum(len(one.number) for one in self._short)
        if size < _RUN and len(self._short) < _SHORT:
            return
        short = Run.of(self._short)
        self._runs, self._short = (
            ([*self._runs, short], []) if size >= _RUN else (self._runs, [short])
        )

    def _lone(self) -> Run:
        """All of them in one run."""
        self._enter_taken()
        runs = [run.take(self._are_lone(run)) for run in (*self._runs, *self._short)]
        return Run.of([no_run(), *runs])

    def _are_lone(self, run: Run) -> Flags:
        flags: Flags = run.at + self._keep_s >= self._settled
        return flags
